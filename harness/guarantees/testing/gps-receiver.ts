import type { Happening } from '../../world/trace/event.ts';
import { wallTime } from './chronicle.ts';

/** Older ones are not published. */
const FRESH_MS = 3_000;

/** What the receiver does: tells its position, tells that it has none, or nothing that the client hears. */
export type Reception = 'fix' | 'no fix' | 'unheard';

interface Fix {
  readonly atMs: number;
  readonly latitude: number;
  readonly longitude: number;
  /** Of the satellites, ISO 8601. */
  readonly time: string;
}

/** The GPS receiver of a story, which creeps north, and what the client has heard of it. */
export class GpsReceiver {
  #heard: Fix | undefined;

  /** The client that has heard it is gone. */
  forget(): void {
    this.#heard = undefined;
  }

  /** @param hasClient whether there is anybody who could hear it. */
  measure(atMs: number, reception: Reception, hasClient: boolean): Happening {
    const time = wallTime(atMs);
    const heard = reception !== 'unheard' && hasClient;
    if (reception === 'no fix') return { type: 'gps.fix', time, heard };
    const fix = { latitude: 43.37 + atMs / 1e9, longitude: -8.4, time };
    if (heard) this.#heard = { atMs, ...fix };
    return { type: 'gps.fix', ...fix, heard };
  }

  /** What the client publishes of it in a sample. @param none stands for a position that it does not know. */
  gpsinfo(atMs: number, none: 0 | null): Readonly<Record<string, unknown>> {
    const fix = this.#heard;
    const ageMs = fix ? atMs - fix.atMs : undefined;
    const known = { age_sec: ageMs === undefined ? null : ageMs / 1000, time: fix?.time ?? null };
    if (!fix || ageMs === undefined || ageMs > FRESH_MS) {
      return { latitude: none, longitude: none, fix: false, ...known };
    }
    return { latitude: Number(fix.latitude.toFixed(7)), longitude: fix.longitude, fix: true, ...known };
  }
}
