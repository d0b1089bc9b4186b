import type { Fix } from './fix.ts';
import type { GpsReader, Heard } from './reader.ts';
import { isSentence, parseGga, parseRmc, type Height, type Whereabouts } from './sentence.ts';

/** NMEA 0183 allows 82 characters; receivers with many decimals exceed it a little. */
const MAX_SENTENCE_LENGTH = 120;
/** Sentences of one measurement follow each other at once; at 4800 baud that takes most of a second. */
const MAX_APART_MS = 2000;
/** The two sentences of one measurement differ by rounding only: 0.0001° is 11 m. */
const SAME_PLACE_DEG = 1e-4;
const SAME_TIME_MS = 1;
const DAY_MS = 86_400_000;

/** A sentence that waits for the other half of its fix. */
interface Half<Content> {
  readonly content: Content;
  readonly receivedAtMs: number;
}

/**
 * Reads NMEA 0183 and joins an RMC and a GGA of one measurement to a fix: the one knows date, speed and course, the
 * other the height. Garbage costs the sentence that it falls into and nothing else.
 */
export class NmeaReader implements GpsReader {
  /** The beginning of a sentence whose end has not come yet. */
  #pending = '';
  #rmc: Half<Whereabouts> | undefined;
  #gga: Half<Height> | undefined;

  /** @param receivedAtMs when the chunk came, as `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): Heard {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    this.#pending = fromLastStart(lines.pop() ?? '');
    const fixes: Fix[] = [];
    let understoodAs: Heard['understoodAs'];
    for (const ended of lines) {
      const line = fromLastStart(ended);
      const isHalf = this.#take(line, receivedAtMs);
      if (isHalf || (!understoodAs && isSentence(line))) understoodAs = 'nmea';
      const fix = isHalf && this.#completed();
      if (fix) fixes.push(fix);
    }
    return { fixes, understoodAs };
  }

  /** Whether a line is half of a fix. */
  #take(line: string, receivedAtMs: number): boolean {
    const rmc = parseRmc(line);
    const gga = rmc ? undefined : parseGga(line);
    if (rmc) this.#rmc = { content: rmc, receivedAtMs };
    if (gga) this.#gga = { content: gga, receivedAtMs };
    return rmc !== undefined || gga !== undefined;
  }

  #completed(): Fix | undefined {
    const fix = this.#rmc && this.#gga && joined(this.#rmc, this.#gga);
    if (fix) this.#rmc = this.#gga = undefined;
    return fix;
  }
}

/** `$` stands nowhere but at the start of a sentence; what is too long to be one is given up. */
function fromLastStart(line: string): string {
  const start = line.lastIndexOf('$');
  return start < 0 || line.length - start > MAX_SENTENCE_LENGTH ? '' : line.slice(start);
}

/** The fix that two sentences make, if they are of one measurement. */
function joined(rmcHalf: Half<Whereabouts>, ggaHalf: Half<Height>): Fix | undefined {
  const rmc = rmcHalf.content;
  const gga = ggaHalf.content;
  const isSame =
    isWithin(SAME_TIME_MS, rmc.time.getTime() % DAY_MS, gga.timeOfDayMs) &&
    isWithin(SAME_PLACE_DEG, rmc.latitude, gga.latitude) &&
    isWithin(SAME_PLACE_DEG, rmc.longitude, gga.longitude) &&
    isWithin(MAX_APART_MS, rmcHalf.receivedAtMs, ggaHalf.receivedAtMs);
  if (!isSame) return undefined;
  const { latitude, longitude, speedKmh, courseDeg, time } = rmc;
  const receivedAtMs = Math.max(rmcHalf.receivedAtMs, ggaHalf.receivedAtMs);
  return { latitude, longitude, altitudeM: gga.altitudeM, speedKmh, courseDeg, time, receivedAtMs };
}

function isWithin(limit: number, one: number, other: number): boolean {
  return Math.abs(one - other) <= limit;
}
