import type { Fix } from './fix.ts';
import type { GpsReader, ReadResult } from './reader.ts';
import { isSentence, parseFixSentence, type FixSentence, type Gga, type Rmc } from './sentence.ts';

/** NMEA 0183 allows 82 characters; receivers with many decimals exceed that slightly. */
const MAX_SENTENCE_LENGTH = 120;
/** Maximum time between two sentences of one measurement; at 4800 baud one takes most of a second. */
const MAX_SENTENCE_GAP_MS = 2000;
/** The sentences of one measurement differ by rounding only; 0.0001° is 11 m. */
const MAX_POSITION_DIFFERENCE_DEG = 1e-4;
const DAY_MS = 86_400_000;

/** A sentence that waits for the other one of its fix. */
interface Received<Sentence> {
  readonly sentence: Sentence;
  readonly receivedAtMs: number;
}

/**
 * Reads NMEA 0183 and combines the RMC and GGA sentences of one measurement into a fix: RMC has date, speed and course,
 * GGA the altitude. Garbage invalidates only the sentence that it interrupts.
 */
export class NmeaReader implements GpsReader {
  /** An incomplete sentence. */
  #pending = '';
  #rmc: Received<Rmc> | undefined;
  #gga: Received<Gga> | undefined;

  /** @param receivedAtMs time of arrival by `performance.now()` */
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

/** Returns the text from its last `$`, which only starts sentences; empty if it is too long for a sentence. */
function lastSentence(line: string): string {
  const start = line.lastIndexOf('$');
  return start < 0 || line.length - start > MAX_SENTENCE_LENGTH ? '' : line.slice(start);
}

/** Combines two sentences into a fix; undefined if they are of different measurements. */
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
