import { mergeBlocks } from './coverage.ts';
import { FuzzProcess } from './fuzz-process.ts';
import type { Failure } from './run-batch.ts';
import { BATCH_FACTOR, type FuzzTarget } from './target.ts';

/** What the batches of a target have done. */
export interface TargetResult {
  readonly target: FuzzTarget;
  /** Seeds of its batches: the first, and their number. */
  readonly firstSeed: number;
  readonly batches: number;
  readonly executions: number;
  /** CPU time of its processes. */
  readonly cpuMs: number;
  readonly tallies: Readonly<Record<string, number>>;
  readonly failure?: Failure & { readonly seed: number };
}

export interface FuzzResult {
  readonly targets: readonly TargetResult[];
  readonly blocks: { readonly reached: number; readonly known: number };
}

export interface FuzzOptions {
  readonly seed: number;
  /** No batch is begun after this time. */
  readonly minutes: number;
  readonly jobs: number;
  readonly signal: AbortSignal;
  /** Called after each batch. */
  readonly onBatch: (result: TargetResult) => void;
}

const CHILD = new URL('./fuzz-child.ts', import.meta.url);
/** A busy machine must not make an execution look endless. */
const HANG_MS = 60_000;
const MS_PER_MINUTE = 60_000;

/**
 * Attacks targets in child processes until the time is over, or until each of them has failed or has tried all of its
 * inputs. The target that has had
 * the least time is next; its batches have consecutive seeds, each of which gives the same inputs again.
 */
export async function fuzz(targets: readonly FuzzTarget[], options: FuzzOptions): Promise<FuzzResult> {
  const { seed, minutes, jobs, signal, onBatch } = options;
  const endMs = performance.now() + minutes * MS_PER_MINUTE;
  const blocks = new Map<string, boolean>();
  const results = targets.map((target) => ({ result: emptyResult(target, seed), begun: 0, runningMs: 0 }));
  const spentMs = (state: (typeof results)[number]): number => state.result.cpuMs + state.runningMs;
  const next = (): (typeof results)[number] | undefined =>
    results
      .filter(({ result, begun }) => !result.failure && begun < batchesOf(result.target))
      .toSorted((one, other) => spentMs(one) - spentMs(other) || one.begun - other.begun)[0];

  const work = async (): Promise<void> => {
    const child = new FuzzProcess(CHILD, HANG_MS);
    try {
      for (let state = next(); state && performance.now() < endMs; state = next()) {
        const { target } = state.result;
        const batchSeed = seed + state.begun;
        const expectedMs = state.result.cpuMs / Math.max(1, state.result.batches);
        state.begun += 1;
        state.runningMs += expectedMs;
        const runs = BATCH_FACTOR * target.runs;
        const outcome = await child.run({ target: target.name, seed: batchSeed, runs }, signal);
        state.runningMs -= expectedMs;
        state.result = withBatch(state.result, batchSeed, outcome);
        onBatch(state.result);
      }
      mergeBlocks(blocks, await child.blocks(signal));
    } finally {
      await child.end();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const reached = [...blocks.values()].filter(Boolean).length;
  return { targets: results.map(({ result }) => result), blocks: { reached, known: blocks.size } };
}

/** Number of batches after which a target has tried all of its inputs. */
export function batchesOf({ inputs, runs }: FuzzTarget): number {
  return inputs.kind === 'all' ? Math.ceil(inputs.count / (BATCH_FACTOR * runs)) : Infinity;
}

function emptyResult(target: FuzzTarget, firstSeed: number): TargetResult {
  return { target, firstSeed, batches: 0, executions: 0, cpuMs: 0, tallies: {} };
}

type Outcome = Awaited<ReturnType<FuzzProcess['run']>>;

function withBatch(before: TargetResult, seed: number, { result, cpuMs }: Outcome): TargetResult {
  const tallies = { ...before.tallies };
  for (const [what, count] of Object.entries(result.tallies)) tallies[what] = (tallies[what] ?? 0) + count;
  return {
    ...before,
    batches: before.batches + 1,
    executions: before.executions + result.executions,
    cpuMs: before.cpuMs + cpuMs,
    tallies,
    ...(result.failure && !before.failure && { failure: { ...result.failure, seed } }),
  };
}
