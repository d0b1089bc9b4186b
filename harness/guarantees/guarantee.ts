import type { Config } from '../../client/config/schema.ts';
import type { ScooterOptions } from '../scenario/format/scenario.ts';
import type { TraceView } from './trace-view.ts';

/** What a user may rely on, whatever happens: S for what never goes wrong, L for what comes back in time. */
export const GUARANTEE_IDS = [
  'S1',
  'S2',
  'S3',
  'S4',
  'S5',
  'S6',
  'L1',
  'L2',
  'L3',
  'L4',
  'L5',
  'L6',
  'L7',
  'L8',
] as const;

export type GuaranteeId = (typeof GUARANTEE_IDS)[number];

/** A time at which a guarantee did not hold. */
export interface Violation {
  readonly atMs: number;
  /** What happened instead, in one sentence. */
  readonly what: string;
  /** What the configuration allows, and what was measured, each with its unit. */
  readonly bound: string;
  readonly measured: string;
}

export interface Delay {
  /** Infinity where it did not happen. */
  readonly tookMs: number;
  readonly withinMs: number;
}

/** What came of looking at one run. */
export interface Verdict {
  /** How many occasions the run gave the guarantee to fail. */
  readonly checks: number;
  /** The occasion that came closest to its bound; none where there is nothing to measure. */
  readonly closest?: { readonly bound: string; readonly measured: string } | undefined;
  /** What had to happen in time: how long it took, in milliseconds, and might have taken. */
  readonly delays: readonly Delay[];
  readonly violations: readonly Violation[];
}

/** What a run is judged by, besides its trace. */
export interface RunFacts {
  readonly config: Config;
  readonly scooter: ScooterOptions;
  /** The token of the scooter, and the keys of every login: they are compared with, and never printed. */
  readonly secrets: readonly Buffer[];
  /** The permissions of the client's token file in the end; undefined where there is none. */
  readonly tokenFileMode: number | undefined;
}

/** A function over one trace and the configuration, from the outside: never the client's own word. */
export interface Guarantee {
  readonly title: string;
  readonly check: (view: TraceView, facts: RunFacts) => Verdict;
}
