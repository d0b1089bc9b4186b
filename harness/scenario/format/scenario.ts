import type { AdvertisementVariant, Generation } from '../../../protocol/advertisement.ts';
import type { Typed } from '../../../client/config/key.ts';
import type { Overrides } from '../../../client/config/schema.ts';
import type { KERS } from '../../../protocol/registers/codes.ts';
import type { QuirkName } from '../../../simulator/firmware/named-quirks.ts';
import type { RideStateName } from '../../../simulator/ride/conditions.ts';
import type { TailLightName } from '../../../simulator/ride/starting-conditions.ts';
import type { RadioModelName } from '../../world/radio/radio-model.ts';
import type { FaultName } from '../faults/table.ts';
import type { Values } from '../faults/fault.ts';
import type { Trigger } from './moments.ts';
import type { SampleCondition } from './sample-condition.ts';
import type { GuaranteeId } from '../../guarantees/ids.ts';
import type { AIR, BROKER, CLOCK, GPS } from './world-schema.ts';

/** A fault at a time. */
export interface Step {
  /** Milliseconds after the start. */
  readonly atMs: number;
  readonly fault: FaultName;
  /** Duration; undefined for an instantaneous fault. */
  readonly forMs: number | undefined;
  /** Interval between repetitions until the end of the scenario. */
  readonly everyMs?: number | undefined;
  /** Begins it at a moment after that. */
  readonly trigger?: Trigger | undefined;
  readonly values: Values;
}

/** Expected results of a run. An undefined value is not checked. */
export interface Expectations {
  readonly guarantees: readonly GuaranteeId[];
  /** Number of accepted logins. */
  readonly logins?: number;
  /** Number of BLE connections. */
  readonly links?: number;
  /** Number of client starts. */
  readonly starts?: number;
  /** Exit code of the first client process that exits. */
  readonly exit?: number;
  /** Minimum number of different samples at the broker. */
  readonly samples?: number;
  /** Conditions, each of which at least one sample at the broker has to meet. */
  readonly published?: readonly SampleCondition[];
  /** Milliseconds after the start from which samples have to arrive at the configured interval. */
  readonly recoveredByMs?: number;
}

/** A parsed scenario file. */
export interface Scenario {
  /** File name without extension. */
  readonly name: string;
  readonly title: string;
  readonly seed: number;
  readonly durationMs: number;
  /** How closely air and scooter follow real ones; `DEFAULT_RADIO_MODEL` by default. */
  readonly radio?: RadioModelName;
  readonly scooter: ScooterOptions;
  readonly gps: GpsOptions;
  readonly clock: ClockOptions;
  readonly broker: BrokerOptions;
  readonly air: AirOptions;
  /** Configuration of the client with the keys and units of `martinete.toml`, added to that of every scenario. */
  readonly client: Overrides;
  /** Faults in the order of the file. */
  readonly steps: readonly Step[];
  readonly expect: Expectations;
}

/** The GPS receiver of a scenario. */
export type GpsOptions = Typed<typeof GPS.keys>;

/** The time of a scenario. */
export type ClockOptions = Typed<typeof CLOCK.keys>;

/** The broker of a scenario. */
export type BrokerOptions = Typed<typeof BROKER.keys>;

/** What else is in the air of a scenario. */
export type AirOptions = Typed<typeof AIR.keys>;

/** The scooter of a scenario. */
export interface ScooterOptions {
  /** Id of a model in the simulator's table. */
  readonly model: string;
  /** Default: that of the model. */
  readonly generation?: Generation;
  /** Default: manufacturer data. */
  readonly advertisement?: AdvertisementVariant;
  /** Whether the client has a token; `never` if in addition no device was ever paired. */
  readonly paired: boolean | 'never';
  /** Whether it is switched on at the start. */
  readonly on: boolean;
  readonly odometerM: number;
  /** Charge of the battery. */
  readonly percent: number;
  /** What it does at the start; `asleep` is parked and off until it is switched on. */
  readonly state?: RideStateName | 'asleep';
  readonly locked?: boolean;
  /** Codes at the start; 0 is none. */
  readonly error?: number;
  readonly warning?: number;
  readonly mode?: number;
  readonly energyRecovery?: keyof typeof KERS;
  readonly cruise?: boolean;
  readonly tailLight?: TailLightName;
  /** Limit in every mode that an app has set; none by default. */
  readonly speedLimitKmh?: number;
  /** Mass of the rider; 75 kg by default. */
  readonly riderKg?: number;
  /** In °C; 18 by default. */
  readonly airTemperatureC?: number;
  /** By default `town`. */
  readonly route?: 'town' | 'generated';
  /** Degrees at which the route begins; by default in A Coruña. */
  readonly latitude?: number;
  readonly longitude?: number;
  /** Time standing after which it switches itself off; never by default. */
  readonly autoOffMs?: number;
  /** None by default. */
  readonly quirks?: readonly QuirkName[];
  /** Time after a connection in which it does not advertise. */
  readonly advertisingDelayMs: number;
}
