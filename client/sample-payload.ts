import { hasFlag, SCOOTER_STATUS } from '../protocol/registers/codes.ts';
import { MAX_FIX_AGE_MS, type Fix } from './gps/fix.ts';
import { decimal, toJson, type JsonValue } from './json.ts';
import type { Telemetry } from './scooter/poll.ts';
import type { SampleId } from './outbox/stored-sample.ts';

/** 10^-7 degrees are a centimetre, the resolution of receivers. */
const COORDINATE_DIGITS = 7;
const SPEED_DIGITS = 2;

/** One sample: telemetry of the scooter, GPS fix, and time. */
export interface Sample extends SampleId {
  readonly telemetry: Telemetry;
  /** The newest complete fix, however old. */
  readonly fix: Fix | undefined;
  /** Wall clock, and `performance.now()`, at the end of the poll cycle. */
  readonly takenAt: Date;
  readonly takenAtMonotonicMs: number;
  /** Whether the wall clock was synchronised. */
  readonly clockSynced: boolean;
}

/** The value of what is not known of a position, or of all of it: 0 for consumers that do not accept null. */
export type NoFix = 'zero' | 'null';

/**
 * Encodes a sample as published. Names, order and number format of the first fields are those of the earlier client, so
 * that its consumers work unchanged; docs/topics.md lists what differs. New fields come last. Every field is always there.
 */
export function encodeSample(sample: Sample, nofix: NoFix): string {
  const { telemetry, bootId, seq, clockSynced, takenAt } = sample;
  const { live, battery, range } = telemetry;
  return toJson({
    timestamp: localTimestamp(takenAt),
    speed_kmh: orNull(live, ({ speedKmh }) => decimal(Math.max(0, speedKmh))),
    total_distance_m: orNull(live, ({ odometerM }) => odometerM),
    trip_distance_m: orNull(live, ({ tripM }) => tripM),
    trip_distance_left_km: orNull(range, ({ remainingRangeKm }) => decimal(remainingRangeKm)),
    uptime_sec: orNull(live, ({ uptimeS }) => decimal(uptimeS)),
    frame_temp: orNull(live, ({ frameTemperatureC }) => decimal(frameTemperatureC)),
    battery_info: {
      capacity: orNull(battery, ({ remainingMah }) => remainingMah),
      percent: orNull(battery, ({ chargePercent }) => chargePercent),
      current: orNull(battery, ({ currentA }) => decimal(currentA)),
      voltage: orNull(battery, ({ voltageV }) => decimal(voltageV)),
      temperature_1: orNull(battery, ({ temperature1C }) => temperature1C),
      temperature_2: orNull(battery, ({ temperature2C }) => temperature2C),
    },
    gpsinfo: encodeFix(sample, nofix),
    boot_id: bootId,
    seq,
    clock_synced: clockSynced,
    error: orNull(live, ({ error }) => error),
    warning: orNull(live, ({ warning }) => warning),
    locked: orNull(live, ({ status }) => hasFlag(status, SCOOTER_STATUS.locked)),
    mode: orNull(live, ({ mode }) => mode),
    speed_signed_kmh: orNull(live, ({ speedKmh }) => decimal(speedKmh)),
  });
}

/** Encodes a value of a register block; null if the block has stayed silent. */
function orNull<Values, Encoded extends JsonValue>(
  block: Values | null,
  encode: (values: Values) => Encoded,
): Encoded | null {
  return block === null ? null : encode(block);
}

/** Whether the sample has a position with altitude and speed; if so, `encodeSample` does not depend on `nofix`. */
export function hasWholeFix({ fix, takenAtMonotonicMs }: Sample): boolean {
  return isFresh(fix, takenAtMonotonicMs) && fix.altitudeM !== null && fix.speedKmh !== null;
}

/** Whether a fix is recent enough to be the position at a time of `performance.now()`. */
export function isFresh(fix: Fix | undefined, atMs: number): fix is Fix {
  return fix !== undefined && atMs - fix.receivedAtMs <= MAX_FIX_AGE_MS;
}

function encodeFix(sample: Sample, nofix: NoFix): JsonValue {
  const { fix, takenAtMonotonicMs } = sample;
  const ageMs = fix ? takenAtMonotonicMs - fix.receivedAtMs : undefined;
  const known = {
    age_sec: ageMs === undefined ? null : decimal(Math.round(ageMs) / 1000),
    time: fix?.time?.toISOString() ?? null,
  };
  const none = nofix === 'zero' ? decimal(0) : null;
  if (!isFresh(fix, takenAtMonotonicMs)) {
    return { latitude: none, longitude: none, altitude: none, gps_speed: none, fix: false, ...known };
  }
  return {
    latitude: decimal(rounded(fix.latitude, COORDINATE_DIGITS)),
    longitude: decimal(rounded(fix.longitude, COORDINATE_DIGITS)),
    altitude: fix.altitudeM === null ? none : decimal(fix.altitudeM),
    gps_speed: fix.speedKmh === null ? none : decimal(rounded(fix.speedKmh, SPEED_DIGITS)),
    fix: true,
    ...known,
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Formats a time as RFC 3339 in local time with its offset, in milliseconds. */
export function localTimestamp(date: Date): string {
  const offsetMinutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const sign = offsetMinutes < 0 ? '-' : '+';
  const minutes = Math.abs(offsetMinutes);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${local}${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
