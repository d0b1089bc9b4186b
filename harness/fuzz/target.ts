import type fc from 'fast-check';

/** Counts what an execution did, such as writes to a scooter, for the report. */
export type Tally = (what: string, count?: number) => void;

/** Inputs that are drawn at random, and shrunk when one of them fails. */
export interface RandomInputs<Input> {
  readonly kind: 'random';
  readonly arbitrary: fc.Arbitrary<Input>;
}

/** Inputs that can all be tried: `at` returns one by its index, from 0 to `count` - 1. */
export interface AllInputs<Input> {
  readonly kind: 'all';
  readonly count: number;
  readonly at: (index: number) => Input;
}

/** What is attacked with arbitrary inputs, and what has to hold for each of them. */
export interface TargetOptions<Input> {
  readonly name: string;
  /** What is attacked, and what has to hold, in a sentence. */
  readonly about: string;
  /** Plain data, of which bytes are buffers: a failing input is stored as JSON. */
  readonly inputs: RandomInputs<Input> | AllInputs<Input>;
  /** Throws, or rejects, if something does not hold. It may run a whole world in virtual time. */
  readonly check: (input: Input, tally: Tally) => void | Promise<void>;
  /** Number of executions in `npm test`; a batch of `npm run fuzz` has `BATCH_FACTOR` times as many. */
  readonly runs: number;
}

/** A target whose inputs are of a type that only its own `check` knows. */
export type FuzzTarget = TargetOptions<unknown>;

/** Number of executions in a batch of `npm run fuzz`, in those of `npm test`. */
export const BATCH_FACTOR = 10;

/** Creates a target. */
export function fuzzTarget<Input>({ check, ...options }: TargetOptions<Input>): FuzzTarget {
  // Inputs come from the target's own generator, or from a file that was stored from it.
  return { ...options, check: (input, tally) => check(input as Input, tally) };
}

/** Inputs drawn by an arbitrary of fast-check. */
export function random<Input>(arbitrary: fc.Arbitrary<Input>): RandomInputs<Input> {
  return { kind: 'random', arbitrary };
}
