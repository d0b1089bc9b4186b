import type { EventContent } from '../../world/trace/event.ts';
import { wallTime } from './trace-recorder.ts';

/** Older positions are not published. */
const MAX_FIX_AGE_MS = 3_000;

/** State of the receiver: with a fix, without a fix, or not received by the client. */
export type Reception = 'fix' | 'no fix' | 'not received';

interface Fix {
  readonly atMs: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
  readonly speedKmh: number;
  /** GPS time, ISO 8601. */
  readonly time: string;
}

/** A simulated GPS receiver, which moves north slowly, and the last fix that the client has received. */
export class GpsReceiver {
  #lastFix: Fix | undefined;

  /** Forgets the last fix when the client process ends. */
  forget(): void {
    this.#lastFix = undefined;
  }

  /** Event of one measurement. @param hasClient whether a client is running */
  measure(atMs: number, reception: Reception, hasClient: boolean): EventContent {
    const time = wallTime(atMs);
    const heard = reception !== 'not received' && hasClient;
    if (reception === 'no fix') return { type: 'gps.fix', time, heard };
    const fix = { latitude: 43.37 + atMs / 1e9, longitude: -8.4, altitudeM: 4.2, speedKmh: 18.9, time };
    if (heard) this.#lastFix = { atMs, ...fix };
    return { type: 'gps.fix', ...fix, heard };
  }

  /** The `gpsinfo` of a sample. @param placeholder value of an unknown latitude and longitude */
  gpsinfo(atMs: number, placeholder: 0 | null): Readonly<Record<string, unknown>> {
    const fix = this.#lastFix;
    const ageMs = fix ? atMs - fix.atMs : undefined;
    const known = { age_sec: ageMs === undefined ? null : ageMs / 1000, time: fix?.time ?? null };
    if (!fix || ageMs === undefined || ageMs > MAX_FIX_AGE_MS) {
      const none = { altitude: placeholder, gps_speed: placeholder };
      return { latitude: placeholder, longitude: placeholder, ...none, fix: false, ...known };
    }
    const position = { latitude: Number(fix.latitude.toFixed(7)), longitude: fix.longitude };
    return { ...position, altitude: 4.2, gps_speed: 18.9, fix: true, ...known };
  }
}
