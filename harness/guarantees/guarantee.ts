import type { Config } from '../../client/config/schema.ts';
import type { ScooterOptions } from '../scenario/format/scenario.ts';
import type { TraceView } from './trace-view.ts';

/** A violation of a guarantee. */
export interface Violation {
  readonly atMs: number;
  /** What happened, in one sentence. */
  readonly what: string;
  /** The allowed and the measured value, each with its unit. */
  readonly bound: string;
  readonly measured: string;
}

/** Duration of something that had to happen within a time limit. */
export interface Delay {
  /** Infinity if it did not happen. */
  readonly tookMs: number;
  readonly withinMs: number;
}

/** Result of checking one run. */
export interface CheckResult {
  /** Number of times that the guarantee was checked. */
  readonly checks: number;
  /** The check that came closest to its bound; undefined if nothing was measured. */
  readonly closest?: { readonly bound: string; readonly measured: string } | undefined;
  /** One entry for each deadline that was checked. */
  readonly delays: readonly Delay[];
  readonly violations: readonly Violation[];
}

/** What the guarantees are checked against, besides the trace of the run. */
export interface RunFacts {
  readonly config: Config;
  readonly scooter: ScooterOptions;
  /** The token of the scooter and the keys of every session. Only compared with, never printed. */
  readonly secrets: readonly Buffer[];
  /** Permissions of the client's token file after the run; undefined if there is no such file. */
  readonly tokenFileMode: number | undefined;
}

/** A property of the client, checked on the trace of a run. It never relies on what the client logs about itself. */
export interface Guarantee {
  readonly title: string;
  readonly check: (view: TraceView, facts: RunFacts) => CheckResult;
}
