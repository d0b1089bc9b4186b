import type { Config } from '../../client/config/schema.ts';
import type { FaultName } from '../scenario/faults/table.ts';
import type { ClockOptions, GpsOptions, ScooterOptions } from '../scenario/format/scenario.ts';
import type { WrittenFile } from '../world/disk/file-watch.ts';
import type { RadioModel } from '../world/radio/radio-model.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';

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
  readonly gps: GpsOptions;
  readonly clock: ClockOptions;
  /** How closely air and scooter follow real ones. */
  readonly radio: RadioModel;
  /** The token of the scooter and the keys of every session. Only compared with, never printed. */
  readonly secrets: readonly Buffer[];
  /** Permissions of the client's token file after the run; undefined if there is no such file. */
  readonly tokenFileMode: number | undefined;
  /** Each state of a file that the client has written. Only compared with the secrets, never printed. */
  readonly writtenFiles: readonly WrittenFile[];
}

/** The run in which a fault occurred. */
export interface ExcuseContext {
  readonly view: TraceView;
  readonly facts: RunFacts;
}

/** Computes until when a fault excuses violations, in virtual time; -Infinity if it excuses none. */
export type ExcusedUntil = (fault: FaultSpan, scene: ExcuseContext) => number;

/** How long a fault excuses violations. */
export interface Excuse {
  /** The same in words, for docs/guarantees.md. */
  readonly about: string;
  readonly until: ExcusedUntil;
  /** Computes from when; by default from the beginning of the fault. */
  readonly from?: ExcusedUntil;
}

/** Faults that excuse violations of a guarantee, each with the end of its effect. */
export type Excuses = Readonly<Partial<Record<FaultName, Excuse>>>;

/** One of the things that a guarantee checks, for docs/guarantees.md. */
export interface Rule {
  /** What is measured. */
  readonly checks: string;
  /** What is allowed: a formula of configuration keys and of the constants of the check. */
  readonly bound: string;
  /** The tables of faults that the check uses. */
  readonly excuses: readonly Excuses[];
}

/** A property of the client, checked on the trace of a run. It never relies on what the client logs about itself. */
export interface Guarantee {
  readonly title: string;
  readonly rules: readonly Rule[];
  /** What it cannot see, one sentence each, for docs/guarantees.md. */
  readonly blindSpots: readonly string[];
  readonly check: (view: TraceView, facts: RunFacts) => CheckResult;
}
