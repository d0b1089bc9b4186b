import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { Player } from './player.ts';
import { SCENARIOS } from './scenarios.ts';

/** What V8's profiler writes: https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  /** The innermost function at each sample, and the microseconds since the one before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const IDLE = 'nobody';
/** Whose a function is, by its file or, where it has none, by its name; of several that fit the first. */
const OWNER_PATTERNS: readonly (readonly [pattern: RegExp, owner: string])[] = [
  [/^\(garbage collector\)/, 'garbage collection'],
  [/^\(idle\)/, IDLE],
  [/node:internal\/crypto\//, 'node:crypto'],
  [/node_modules\/(?:@abandonware\/)?(noble|bleno|gps|aedes)\b/, '$1'],
  [/node_modules\/(?:mqtt|mqtt-packet|bl|readable-stream)\//, 'mqtt.js'],
  [/node_modules\/@?(serialport|debug)\//, '$1'],
  [/node_modules\/(?:abstract-level|memory-level|functional-red-black-tree)\//, 'abstract-level'],
  [/node_modules\//, 'other libraries'],
  [/build\/bench\/(?:client|protocol|hci)\//, 'the client, protocol and hci'],
  [/build\/bench\/simulator\//, 'the simulator'],
  [/build\/bench\/harness\/guarantees\//, 'the guarantees'],
  [/build\/bench\//, 'the rest of the harness'],
];
const OTHER = 'Node.js and V8 besides';
const MIN_PERCENT = 0.5;

/**
 * Where the time goes of a process that plays rides: to whoever's function runs, or has called the function of Node.js
 * that runs.
 */
export async function profileFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'martinete-profile-'));
  try {
    {
      await using player = new Player(['--cpu-prof', `--cpu-prof-dir=${folder}`]);
      await player.play(SCENARIOS.warmUp);
      await player.play(SCENARIOS.ride);
    }
    const [file = ''] = readdirSync(folder);
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    return [...percentages(profile)]
      .filter(([, measured]) => measured >= MIN_PERCENT)
      .sort(([, a], [, b]) => b - a)
      .map(([owner, measured]) => ({
        what: `world: where the time of a ride goes: ${owner}`,
        unit: '%',
        measured,
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function percentages({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const ownerOf = new Map<number, string>();
  // Callers come before those whom they call.
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
