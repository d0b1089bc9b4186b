import type { Overrides } from '../../../client/config/schema.ts';
import type { FaultName } from '../faults/table.ts';
import type { Values } from '../faults/fault.ts';
import type { GuaranteeId } from '../../guarantees/ids.ts';

/** One fault at one moment. */
export interface Step {
  /** Milliseconds after the beginning. */
  readonly atMs: number;
  readonly fault: FaultName;
  /** How long it lasts; a moment where the fault is one. */
  readonly forMs: number | undefined;
  /** From one beginning to the next, where it happens again and again until the story ends. */
  readonly everyMs?: number | undefined;
  readonly values: Values;
}

/** What a run must show besides its guarantees; what is absent may be anything. */
export interface Expectations {
  readonly guarantees: readonly GuaranteeId[];
  /** Logins that the scooter accepted. */
  readonly logins?: number;
  /** Connections that the scooter had. */
  readonly links?: number;
  /** Starts of the client, by systemd or by hand. */
  readonly starts?: number;
  /** Exit code of the client's first end. */
  readonly exit?: number;
  /** Different samples that must have reached the broker, at least. */
  readonly samples?: number;
  /** From then on, in milliseconds after the beginning, samples have to come as regularly as configured. */
  readonly recoveredByMs?: number;
}

/** A story of trouble, as its file tells it. */
export interface Scenario {
  /** The file's name without its ending. */
  readonly name: string;
  readonly title: string;
  readonly seed: number;
  readonly durationMs: number;
  readonly scooter: ScooterOptions;
  /** What the client is told beyond what every scenario tells it, under the names and in the units of `martinete.toml`. */
  readonly client: Overrides;
  /** In the order of the file. */
  readonly steps: readonly Step[];
  readonly expect: Expectations;
}

/** The scooter that a story is about. */
export interface ScooterOptions {
  /** A model of `simulator`'s table. */
  readonly model: string;
  readonly paired: boolean;
  /** Whether it is switched on when the story begins. */
  readonly on: boolean;
  readonly odometerM: number;
  readonly percent: number;
  readonly returnDelayMs: number;
}
