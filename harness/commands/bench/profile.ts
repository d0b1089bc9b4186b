import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { withPlayer } from './player.ts';
import { SCENARIOS } from './scenarios.ts';

/** CPU profile of V8: https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  /** Id of the innermost function at each sample, and the microseconds since the previous one. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const IDLE = 'idle';
/** Owner of a function by the URL of its file, or its name if it has no file. The first match counts. */
const OWNER_PATTERNS: readonly (readonly [pattern: RegExp, owner: string])[] = [
  [/^\(garbage collector\)/, 'garbage collection'],
  [/^\(idle\)/, IDLE],
  [/node:internal\/crypto\//, 'node:crypto'],
  [/node_modules\/(?:@abandonware\/)?(noble|bleno|aedes)\b/, '$1'],
  [/node_modules\/(?:mqtt|mqtt-packet|bl|readable-stream)\//, 'mqtt.js'],
  [/node_modules\/@?(serialport|debug)\//, '$1'],
  [/node_modules\/(?:abstract-level|memory-level|functional-red-black-tree)\//, 'abstract-level'],
  [/node_modules\//, 'other libraries'],
  [/build\/bench\/(?:client|protocol|hci)\//, 'the client, protocol and hci'],
  [/build\/bench\/simulator\//, 'the simulator'],
  [/build\/bench\/harness\/guarantees\//, 'the guarantees'],
  [/build\/bench\//, 'the rest of the harness'],
];
const OTHER = 'the rest of Node.js and V8';
const MIN_PERCENT = 0.5;

/**
 * Distribution of the CPU time of a ride over its code. Functions of Node.js count for the code that called them.
 */
export async function profileFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'martinete-profile-'));
  try {
    await withPlayer(
      async (player) => {
        await player.play(SCENARIOS.warmUp);
        await player.play(SCENARIOS.ride);
      },
      ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    );
    const [file = ''] = readdirSync(folder);
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    return [...percentages(profile)]
      .filter(([, measured]) => measured >= MIN_PERCENT)
      .sort(([, a], [, b]) => b - a)
      .map(([owner, measured]) => ({
        what: `world: share of a ride's CPU time: ${owner}`,
        unit: '%',
        measured,
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function percentages({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const ownerOf = new Map<number, string>();
  // Callers are listed before their callees.
  for (const { id, callFrame, children = [] } of nodes) {
    const owner = ownerNamed(callFrame) ?? ownerOf.get(id) ?? OTHER;
    ownerOf.set(id, owner);
    for (const child of children) ownerOf.set(child, owner);
  }
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const owner = ownerOf.get(id) ?? OTHER;
    times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[index] ?? 0));
  });
  times.delete(IDLE);
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return new Map([...times].map(([owner, time]) => [owner, (100 * time) / total]));
}

function ownerNamed({ functionName, url }: Profile['nodes'][number]['callFrame']): string | undefined {
  const location = url || functionName;
  for (const [pattern, owner] of OWNER_PATTERNS) {
    const found = pattern.exec(location);
    if (found) return owner.replace('$1', found[1] ?? '');
  }
  return undefined;
}
