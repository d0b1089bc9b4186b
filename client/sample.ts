import { hasFlag, SCOOTER_STATUS } from '../protocol/registers/codes.ts';
import { MAX_FIX_AGE_MS, type Fix } from './gps/fix.ts';
import type { Telemetry } from './scooter/poll.ts';
import type { SampleId } from './outbox/sample-id.ts';

/** A hundred-millionth of a degree is a millimetre; receivers tell centimetres. */
const COORDINATE_DIGITS = 7;
const SPEED_DIGITS = 2;

/** One sample: what scooter and satellites said, and when that was. */
export interface Sample extends SampleId {
  readonly telemetry: Telemetry;
  /** The newest complete fix, however old. */
  readonly fix: Fix | undefined;
  /** Wall clock, and `performance.now()`, at the append. */
  readonly takenAt: Date;
  readonly takenAtMs: number;
  /** Whether the wall clock was known to be right. */
  readonly clockSynced: boolean;
}

/** What stands for a position where there is none: 0 for consumers that cannot take null. */
export type NoFix = 'zero' | 'null';

/**
 * The published form. Field names, order and units of the first part are those of the earlier client, whose consumers
 * read it unchanged: battery temperatures are true °C, a speed backwards counts as 0, and what is new comes last.
 */
export function encodeSample(sample: Sample, nofix: NoFix): string {
  const { telemetry, bootId, seq, clockSynced, takenAt } = sample;
  return JSON.stringify({
    timestamp: localTimestamp(takenAt),
    speed_kmh: Math.max(0, telemetry.speedKmh),
    total_distance_m: telemetry.odometerM,
    trip_distance_m: telemetry.tripM,
    trip_distance_left_km: telemetry.remainingRangeKm,
    uptime_sec: telemetry.uptimeS,
    frame_temp: telemetry.frameTemperatureC,
    battery_info: {
      capacity: telemetry.remainingMah,
      percent: telemetry.chargePercent,
      current: telemetry.currentA,
      voltage: telemetry.voltageV,
      temperature_1: telemetry.temperature1C,
      temperature_2: telemetry.temperature2C,
    },
    gpsinfo: encodeFix(sample, nofix),
    boot_id: bootId,
    seq,
    clock_synced: clockSynced,
    error: telemetry.error,
    warning: telemetry.warning,
    locked: hasFlag(telemetry.status, SCOOTER_STATUS.locked),
    mode: telemetry.mode,
    speed_signed_kmh: telemetry.speedKmh,
  });
}

/** Whether the sample says where the scooter is; if so it is published alike, whatever stands for no position. */
export function hasFreshFix({ fix, takenAtMs }: Sample): boolean {
  return fix !== undefined && takenAtMs - fix.receivedAtMs <= MAX_FIX_AGE_MS;
}

function encodeFix(sample: Sample, nofix: NoFix): object {
  const { fix, takenAtMs } = sample;
  const ageMs = fix ? takenAtMs - fix.receivedAtMs : undefined;
  const known = {
    age_sec: ageMs === undefined ? null : Math.round(ageMs) / 1000,
    time: fix?.time.toISOString() ?? null,
  };
  if (!fix || !hasFreshFix(sample)) {
    const none = nofix === 'zero' ? 0 : null;
    return { latitude: none, longitude: none, altitude: none, gps_speed: none, fix: false, ...known };
  }
  return {
    latitude: rounded(fix.latitude, COORDINATE_DIGITS),
    longitude: rounded(fix.longitude, COORDINATE_DIGITS),
    altitude: fix.altitudeM,
    gps_speed: rounded(fix.speedKmh, SPEED_DIGITS),
    fix: true,
    ...known,
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** RFC 3339 in local time with its offset, to the millisecond. */
export function localTimestamp(date: Date): string {
  const offsetMinutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const sign = offsetMinutes < 0 ? '-' : '+';
  const minutes = Math.abs(offsetMinutes);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${local}${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}
