import type { SpeedUnit } from './cgpsinfo.ts';
import { NmeaReader } from './nmea.ts';
import type { GpsReader, ReadResult } from './reader.ts';
import { Sim7600Reader } from './sim7600.ts';

/** Receivers that speak of their own accord do so once a second, and rest between their sentences for less than this. */
const SILENCE_MS = 2000;

/**
 * Finds out what a receiver speaks, and stays with that. It listens first and asks only into silence: whatever is not
 * clearly a modem's makes it listen again, so that nothing is written to a port that streams NMEA.
 */
export class AutoReader implements GpsReader {
  readonly #nmea = new NmeaReader();
  readonly #sim7600: Sim7600Reader;
  #detected: GpsReader | undefined;
  #send: (bytes: Buffer) => void = () => undefined;
  #silenceTimer: NodeJS.Timeout | undefined;

  constructor(speedUnit: SpeedUnit) {
    this.#sim7600 = new Sim7600Reader(speedUnit);
  }

  start(send: (bytes: Buffer) => void): void {
    this.#send = send;
    this.#waitForSilence();
  }

  stop(): void {
    clearTimeout(this.#silenceTimer);
    this.#sim7600.stop();
  }

  push(chunk: Buffer): ReadResult {
    if (this.#detected) return this.#detected.push(chunk);
    this.stop();
    const sentences = this.#nmea.push(chunk);
    if (sentences.protocol) {
      this.#detected = this.#nmea;
      return sentences;
    }
    const answers = this.#sim7600.push(chunk);
    if (answers.protocol) {
      this.#detected = this.#sim7600;
      this.#sim7600.start(this.#send);
    } else {
      this.#waitForSilence();
    }
    return answers;
  }

  #waitForSilence(): void {
    this.stop();
    this.#silenceTimer = setTimeout(() => this.#sim7600.start(this.#send), SILENCE_MS);
  }
}
