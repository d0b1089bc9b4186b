import fc from 'fast-check';
import { plain } from './input-json.ts';
import type { AllInputs, FuzzTarget, RandomInputs } from './target.ts';

/** An input for which something does not hold, as small as it could be made. */
export interface Failure {
  readonly input: unknown;
  readonly message: string;
  readonly stack: string;
  /** Of fast-check: leads from the seed to this input. */
  readonly path?: string;
}

export interface BatchResult {
  readonly executions: number;
  /** What the executions did, by what they call it. */
  readonly tallies: Readonly<Record<string, number>>;
  readonly failure?: Failure;
}

/** Called with each input before it is tried. */
export type OnInput = (input: unknown) => void;

/**
 * Tries `runs` inputs of a target, until one fails. The same seed gives the same inputs; of a target that can try all
 * inputs, consecutive seeds give consecutive ones.
 */
export async function runBatch(
  target: FuzzTarget,
  seed: number,
  runs: number,
  onInput: OnInput = () => undefined,
): Promise<BatchResult> {
  const tallies: Record<string, number> = {};
  let executions = 0;
  const execute = async (drawn: unknown): Promise<void> => {
    const input = plain(drawn);
    onInput(input);
    executions += 1;
    await target.check(input, (what, count = 1) => (tallies[what] = (tallies[what] ?? 0) + count));
  };
  const { stackTraceLimit } = Error;
  // Many executions end in an error that is expected, and whose stack would take longer than all the rest.
  Error.stackTraceLimit = 0;
  const failure = await runInputs(target, seed, runs, execute);
  Error.stackTraceLimit = stackTraceLimit;
  if (!failure) return { executions, tallies };
  return { executions, tallies, failure: { ...failure, stack: await stackOf(target, failure) } };
}

/** Tries an input that fails once more, for the stack of its error. */
async function stackOf({ check }: FuzzTarget, { input, stack }: Failure): Promise<string> {
  try {
    await check(input, () => undefined);
    return stack;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? stack) : stack;
  }
}

type Execute = (input: unknown) => Promise<void>;
type Result = Failure | undefined;

function runInputs({ inputs }: FuzzTarget, seed: number, runs: number, execute: Execute): Promise<Result> {
  return inputs.kind === 'random'
    ? runRandom(inputs, seed, runs, execute)
    : runInOrder(inputs, seed, runs, execute);
}

async function runRandom(
  { arbitrary }: RandomInputs<unknown>,
  seed: number,
  runs: number,
  execute: Execute,
): Promise<Result> {
  const details = await fc.check(fc.asyncProperty(arbitrary, execute), { seed, numRuns: runs });
  if (!details.failed || !details.counterexample) return undefined;
  const [input] = details.counterexample;
  const path = details.counterexamplePath;
  return failureOf(input, details.errorInstance, path);
}

async function runInOrder(
  { count, at }: AllInputs<unknown>,
  seed: number,
  runs: number,
  execute: Execute,
): Promise<Result> {
  for (let index = 0; index < Math.min(runs, count); index += 1) {
    const input = at((seed * runs + index) % count);
    try {
      await execute(input);
    } catch (error) {
      return failureOf(input, error);
    }
  }
  return undefined;
}

function failureOf(input: unknown, error: unknown, path?: string): Failure {
  const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
  return { input, message, stack, ...(path !== undefined && { path }) };
}
