import type { SpeedUnit } from './cgpsinfo.ts';
import { NmeaReader } from './nmea.ts';
import type { GpsReader, ReadResult } from './reader.ts';
import { Sim7600Reader } from './sim7600.ts';

/** Longer than the gaps of a receiver that streams NMEA, which sends at least once a second. */
const SILENCE_MS = 2000;

/**
 * Detects the protocol of a receiver, and keeps to it. Sends AT commands only after silence, and waits for silence again
 * after any input that is no modem response, so that nothing is written to a port that streams NMEA.
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
