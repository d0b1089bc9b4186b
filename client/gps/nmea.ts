import type { Fix } from './fix.ts';
import type { GpsReader, Heard } from './reader.ts';
import { isSentence, parseFixSentence, type FixSentence, type Gga, type Rmc } from './sentence.ts';

/** NMEA 0183 allows 82 characters; receivers with many decimals exceed it a little. */
const MAX_SENTENCE_LENGTH = 120;
/** Sentences of one measurement follow each other at once; at 4800 baud that takes most of a second. */
const MAX_APART_MS = 2000;
/** The two sentences of one measurement differ by rounding only: 0.0001° is 11 m. */
const SAME_PLACE_DEG = 1e-4;
const DAY_MS = 86_400_000;

/** A sentence that waits for the other half of its fix. */
interface Half<Sentence> {
  readonly sentence: Sentence;
  readonly receivedAtMs: number;
}

/**
 * Reads NMEA 0183 and joins an RMC and a GGA of one measurement to a fix: the one knows date, speed and course, the
 * other the height. Garbage costs the sentence that it falls into and nothing else.
 */
export class NmeaReader implements GpsReader {
  /** The beginning of a sentence whose end has not come yet. */
  #pending = '';
  #rmc: Half<Rmc> | undefined;
  #gga: Half<Gga> | undefined;

  /** @param receivedAtMs when the chunk came, as `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): Heard {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    this.#pending = fromLastStart(lines.pop() ?? '');
    const fixes: Fix[] = [];
    let understoodAs: Heard['understoodAs'];
    for (const ended of lines) {
      const line = fromLastStart(ended);
      const sentence = parseFixSentence(line);
      if (sentence || (!understoodAs && isSentence(line))) understoodAs = 'nmea';
      const fix = sentence && this.#take(sentence, receivedAtMs);
      if (fix) fixes.push(fix);
    }
    return { fixes, understoodAs };
  }

  #take(sentence: FixSentence, receivedAtMs: number): Fix | undefined {
    if (sentence.type === 'RMC') this.#rmc = { sentence, receivedAtMs };
    else this.#gga = { sentence, receivedAtMs };
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
function joined(rmcHalf: Half<Rmc>, ggaHalf: Half<Gga>): Fix | undefined {
  const { time, latitude, longitude, speedKmh, courseDeg } = rmcHalf.sentence;
  const gga = ggaHalf.sentence;
  const sameTime = time.getTime() % DAY_MS === gga.time.getTime() % DAY_MS;
  const together = Math.abs(rmcHalf.receivedAtMs - ggaHalf.receivedAtMs) <= MAX_APART_MS;
  const samePlace =
    Math.abs(latitude - gga.latitude) <= SAME_PLACE_DEG &&
    Math.abs(longitude - gga.longitude) <= SAME_PLACE_DEG;
  if (!sameTime || !together || !samePlace) return undefined;
  return {
    latitude,
    longitude,
    altitudeM: gga.altitudeM,
    speedKmh,
    courseDeg,
    time,
    receivedAtMs: Math.max(rmcHalf.receivedAtMs, ggaHalf.receivedAtMs),
  };
}
