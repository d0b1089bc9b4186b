import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import type { SoakResult } from './result.ts';
import type { ResourceCounts, Task } from './reconnects-child.ts';

const CHILD = new URL('../../../build/soak/harness/commands/soak/reconnects-child.js', import.meta.url);
/** Number of links until caches are filled and everything is compiled. */
const WARM_UP_LINKS = 100;
/** Number of links over which the maximum is taken: the counts depend on the client's other activities. */
const WINDOW_LINKS = 100;
/** The growth of the heap cannot be measured with fewer reconnects. */
export const MIN_RECONNECTS = 500;
const MAX_SLOPE_BYTES = 1024;

const COUNTS = ['timers', 'listeners', 'handles'] as const;

/** A repeated fault that ends the link. */
interface LinkLoss {
  readonly fault: 'link.drop' | 'adapter.flap';
  /** Not a multiple of the poll interval, so that links end in every state of a poll. */
  readonly everyMs: number;
}

const LINK_LOSSES: readonly LinkLoss[] = [
  { fault: 'link.drop', everyMs: 12_300 },
  { fault: 'adapter.flap', everyMs: 21_700 },
];

/** Lets a client lose its link `count` times after the warm-up, and compares the resources at each link. */
export async function reconnects(count: number, signal: AbortSignal): Promise<SoakResult> {
  const lines: string[] = [];
  let passed = true;
  for (const loss of LINK_LOSSES) {
    const samples = (await play(scenarioOf(loss, WARM_UP_LINKS + count), signal)).slice(WARM_UP_LINKS);
    const slope = slopeOf(samples);
    const counts = COUNTS.map((what) => ({
      what,
      before: maxOf(samples.slice(0, WINDOW_LINKS), what),
      after: maxOf(samples.slice(-WINDOW_LINKS), what),
    }));
    passed &&= samples.length >= count && slope <= MAX_SLOPE_BYTES;
    passed &&= counts.every(({ before, after }) => after <= before);
    lines.push(
      `${samples.length} reconnects after ${loss.fault}: the collected heap grows by ${slope.toFixed(0)} bytes each ` +
        `(at most ${MAX_SLOPE_BYTES}); ` +
        counts.map(({ what, before, after }) => `${before} ${what} before, ${after} after`).join('; '),
    );
  }
  return { passed, lines };
}

function scenarioOf({ fault, everyMs }: LinkLoss, count: number): Scenario {
  const everyS = everyMs / 1000;
  return readScenario(
    `
title = "Repeated link losses"
duration = ${everyS * (count + 1)}

[[step]]
at = ${everyS}
fault = "${fault}"
every = ${everyS}
`,
    fault,
  );
}

async function play(scenario: Scenario, signal: AbortSignal): Promise<ResourceCounts[]> {
  // Without compilation, because compiled code would add to the heap; and without dropping bytecode that was not used for
  // a while, which made the heap swing by more than a leak of 100 bytes at each reconnect.
  const child = fork(CHILD, {
    execArgv: ['--expose-gc', '--no-opt', '--no-sparkplug', '--no-flush-bytecode'],
    signal,
    killSignal: 'SIGKILL',
  });
  const folder = mkdtempSync(join(tmpdir(), 'martinete-reconnects-'));
  try {
    const samples: ResourceCounts[] = [];
    child.on('message', (counts) => samples.push(counts as ResourceCounts));
    child.send({ scenario, folder } satisfies Task);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The measuring process exited with code ${code}`);
    return samples;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function maxOf(samples: readonly ResourceCounts[], what: (typeof COUNTS)[number]): number {
  return Math.max(...samples.map((sample) => sample[what]));
}

/** Heap growth in bytes per link: slope of the linear regression through the collected heap sizes. */
function slopeOf(samples: readonly ResourceCounts[]): number {
  const points = samples.flatMap(({ reconnects: x, heapBytes: y }) => (y === undefined ? [] : [{ x, y }]));
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  return (
    mean(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / mean(points.map(({ x }) => (x - meanX) ** 2))
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
