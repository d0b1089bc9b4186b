import type { Fix } from '../fix.ts';
import type { GpsReader, ReadResult } from '../reader.ts';
import { NmeaDiagnosis } from './diagnosis.ts';
import { Epoch } from './epoch.ts';
import { hasValidChecksum, isSentence, parseSentence, type Sentence, type SentenceType } from './sentence.ts';
import { UtcClock } from './utc.ts';

/** NMEA 0183 allows 82 characters; receivers with many decimals exceed that slightly. */
const MAX_SENTENCE_LENGTH = 120;

/**
 * Reads NMEA 0183, and combines the sentences of each measurement into a fix. A position needs a valid status, latitude
 * and longitude, from any sentence that has them. Garbage invalidates only the sentence that it interrupts.
 */
export class NmeaReader implements GpsReader {
  /** An incomplete sentence. */
  #pending = '';
  readonly #clock = new UtcClock();
  readonly #diagnosis = new NmeaDiagnosis();
  #epoch: Epoch | undefined;
  /** Types of sentences that have ended an epoch: receivers send the same ones in the same order. */
  readonly #lastTypes = new Set<SentenceType>();
  /** Whether anything became known about the epoch since its fix was last returned. */
  #hasChanged = false;
  /** Whether a fix of the epoch was returned. */
  #isReported = false;

  /** @param receivedAtMs time of arrival by `performance.now()` */
  push(chunk: Buffer, receivedAtMs = performance.now()): ReadResult {
    const lines = (this.#pending + chunk.toString('latin1')).split(/[\r\n]+/);
    this.#pending = lastSentence(lines.pop() ?? '');
    const fixes: Fix[] = [];
    let protocol: ReadResult['protocol'];
    for (const text of lines) {
      const line = lastSentence(text);
      if (!isSentence(line) || !hasValidChecksum(line)) {
        this.#diagnosis.addInvalid(line);
        continue;
      }
      protocol = 'nmea';
      const sentence = parseSentence(line);
      this.#diagnosis.addValid(line, sentence);
      if (sentence) fixes.push(...this.#addSentence(sentence, receivedAtMs));
    }
    return { fixes, protocol };
  }

  explain(): string | undefined {
    return this.#diagnosis.conclude();
  }

  /** Returns the fix of an epoch that a sentence ends, and that of one that it completes. */
  #addSentence(sentence: Sentence, receivedAtMs: number): Fix[] {
    const ended = this.#epoch?.includes(sentence, receivedAtMs) === true ? undefined : this.#endEpoch();
    this.#epoch ??= new Epoch(receivedAtMs);
    const { lastType } = this.#epoch;
    if (lastType && lastType !== sentence.type) this.#lastTypes.delete(lastType);
    if (this.#epoch.add(sentence, receivedAtMs)) this.#hasChanged = true;
    const completed = this.#isComplete(this.#epoch, sentence) ? this.#changedFix() : undefined;
    return [ended, completed].filter((fix) => fix !== undefined);
  }

  #isComplete(epoch: Epoch, { type }: Sentence): boolean {
    if (this.#lastTypes.size === 0) return epoch.isComplete;
    return this.#isReported || this.#lastTypes.has(type);
  }

  #endEpoch(): Fix | undefined {
    const fix = this.#changedFix();
    if (this.#epoch?.lastType) this.#lastTypes.add(this.#epoch.lastType);
    this.#epoch = undefined;
    this.#isReported = false;
    return fix;
  }

  /** The fix of the epoch, unless it was returned before. */
  #changedFix(): Fix | undefined {
    const fix = this.#hasChanged ? this.#epoch?.fix(this.#clock) : undefined;
    if (!fix) return undefined;
    this.#hasChanged = false;
    this.#isReported = true;
    return fix;
  }
}

/** Returns the text from its last `$`, which only starts sentences; empty if it is too long for a sentence. */
function lastSentence(line: string): string {
  const start = line.lastIndexOf('$');
  return start < 0 || line.length - start > MAX_SENTENCE_LENGTH ? '' : line.slice(start);
}
