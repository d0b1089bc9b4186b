import type { Fix } from './fix.ts';
import type { GpsReader, ReadResult } from './reader.ts';
import { isSentence, parseFixSentence, type FixSentence, type Gga, type Rmc } from './sentence.ts';

/** NMEA 0183 allows 82 characters; receivers with many decimals exceed it a little. */
const MAX_SENTENCE_LENGTH = 120;
/** Sentences of one measurement follow each other at once; at 4800 baud that takes most of a second. */
const MAX_SENTENCE_GAP_MS = 2000;
/** The two sentences of one measurement differ by rounding only: 0.0001° is 11 m. */
const MAX_POSITION_DIFFERENCE_DEG = 1e-4;
const DAY_MS = 86_400_000;

/** A sentence that waits for the other half of its fix. */
interface Received<Sentence> {
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
  #rmc: Received<Rmc> | undefined;
  #gga: Received<Gga> | undefined;

  /** @param receivedAtMs when the chunk came, as `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): ReadResult {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    this.#pending = lastSentence(lines.pop() ?? '');
    const fixes: Fix[] = [];
    let protocol: ReadResult['protocol'];
    for (const text of lines) {
      const line = lastSentence(text);
      const sentence = parseFixSentence(line);
      if (sentence || (!protocol && isSentence(line))) protocol = 'nmea';
      const fix = sentence && this.#addSentence(sentence, receivedAtMs);
      if (fix) fixes.push(fix);
    }
    return { fixes, protocol };
  }

  #addSentence(sentence: FixSentence, receivedAtMs: number): Fix | undefined {
    if (sentence.type === 'RMC') this.#rmc = { sentence, receivedAtMs };
    else this.#gga = { sentence, receivedAtMs };
    const fix = this.#rmc && this.#gga && combine(this.#rmc, this.#gga);
    if (fix) this.#rmc = this.#gga = undefined;
    return fix;
  }
}

/** `$` stands nowhere but at the start of a sentence; what is too long to be one is given up. */
function lastSentence(line: string): string {
  const start = line.lastIndexOf('$');
  return start < 0 || line.length - start > MAX_SENTENCE_LENGTH ? '' : line.slice(start);
}

/** The fix that two sentences make, if they are of one measurement. */
function combine(rmcReceived: Received<Rmc>, ggaReceived: Received<Gga>): Fix | undefined {
  const { time, latitude, longitude, speedKmh, courseDeg } = rmcReceived.sentence;
  const gga = ggaReceived.sentence;
  const isSameTime = time.getTime() % DAY_MS === gga.time.getTime() % DAY_MS;
  const isClose = Math.abs(rmcReceived.receivedAtMs - ggaReceived.receivedAtMs) <= MAX_SENTENCE_GAP_MS;
  const isSamePosition =
    Math.abs(latitude - gga.latitude) <= MAX_POSITION_DIFFERENCE_DEG &&
    Math.abs(longitude - gga.longitude) <= MAX_POSITION_DIFFERENCE_DEG;
  if (!isSameTime || !isClose || !isSamePosition) return undefined;
  return {
    latitude,
    longitude,
    altitudeM: gga.altitudeM,
    speedKmh,
    courseDeg,
    time,
    receivedAtMs: Math.max(rmcReceived.receivedAtMs, ggaReceived.receivedAtMs),
  };
}
