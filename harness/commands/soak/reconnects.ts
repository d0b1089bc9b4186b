import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import type { Finding } from './finding.ts';
import type { Held, Task } from './reconnects-child.ts';

const CHILD = new URL('../../../build/soak/harness/commands/soak/reconnects-child.js', import.meta.url);
/** Until caches are filled and everything is compiled. */
const WARM_UP = 100;
/** So many links in a row are one look at what is held: it depends on what else the client is doing just then. */
const LOOK = 100;
/** Fewer tell nothing of how the heap grows. */
export const LEAST_RECONNECTS = 500;
const MAX_SLOPE_BYTES = 1024;

const COUNTS = ['timers', 'listeners', 'handles'] as const;

/** What ends one link after the other. */
interface Kind {
  readonly fault: 'link.drop' | 'adapter.flap';
  /** No multiple of the poll interval: links end in every state of a poll. */
  readonly everyMs: number;
}

const KINDS: readonly Kind[] = [
  { fault: 'link.drop', everyMs: 12_300 },
  { fault: 'adapter.flap', everyMs: 21_700 },
];

/** Lets a client lose its link again and again, `count` times after the warm-up, and looks at what it holds at each. */
export async function reconnects(count: number, signal: AbortSignal): Promise<Finding> {
  const lines: string[] = [];
  let holds = true;
  for (const kind of KINDS) {
    const looks = (await play(storyOf(kind, WARM_UP + count), signal)).slice(WARM_UP);
    const slope = slopeOf(looks);
    const counts = COUNTS.map((what) => ({
      what,
      before: most(looks.slice(0, LOOK), what),
      after: most(looks.slice(-LOOK), what),
    }));
    holds &&= looks.length >= count && slope <= MAX_SLOPE_BYTES;
    holds &&= counts.every(({ before, after }) => after <= before);
    lines.push(
      `${looks.length} reconnects after ${kind.fault}: the collected heap grows by ${slope.toFixed(0)} bytes each ` +
        `(at most ${MAX_SLOPE_BYTES}); ` +
        counts.map(({ what, before, after }) => `${before} ${what} before, ${after} after`).join('; '),
    );
  }
  return { holds, lines };
}

function storyOf({ fault, everyMs }: Kind, count: number): Scenario {
  const everyS = everyMs / 1000;
  return readScenario(
    `
title = "Link after link"
duration = ${everyS * (count + 1)}

[[step]]
at = ${everyS}
fault = "${fault}"
every = ${everyS}
`,
    fault,
  );
}

async function play(scenario: Scenario, signal: AbortSignal): Promise<Held[]> {
  // Compiled code stays on the heap, and is added to it for reasons of its own.
  const child = fork(CHILD, {
    execArgv: ['--expose-gc', '--no-opt', '--no-sparkplug'],
    signal,
    killSignal: 'SIGKILL',
  });
  const folder = mkdtempSync(join(tmpdir(), 'martinete-reconnects-'));
  try {
    const held: Held[] = [];
    child.on('message', (one) => held.push(one as Held));
    child.send({ scenario, folder } satisfies Task);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The process that measures has ended with ${code}`);
    return held;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function most(held: readonly Held[], what: (typeof COUNTS)[number]): number {
  return Math.max(...held.map((one) => one[what]));
}

/** Bytes for each link: the slope of the line with the least squares through what was left after collections. */
function slopeOf(looks: readonly Held[]): number {
  const points = looks.flatMap(({ reconnects: x, heapBytes: y }) => (y === undefined ? [] : [{ x, y }]));
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  return (
    mean(points.map(({ x, y }) => (x - meanX) * (y - meanY))) / mean(points.map(({ x }) => (x - meanX) ** 2))
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
