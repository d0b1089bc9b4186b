import { ModemReader } from './modem/modem-reader.ts';
import type { SpeedUnit } from './modem/position.ts';
import { NmeaReader } from './nmea/nmea-reader.ts';
import type { GpsReader, ReadResult } from './reader.ts';

/** Longer than the gaps of a receiver that streams NMEA, which sends at least once a second. */
const SILENCE_MS = 2000;

/**
 * Detects the protocol of a receiver, and keeps to it. Sends AT commands only after silence, and waits for silence again
 * after any input that is no modem response, so that nothing is written to a port that streams NMEA.
 */
export class AutoReader implements GpsReader {
  readonly #nmea = new NmeaReader();
  readonly #modem: ModemReader;
  #detected: GpsReader | undefined;
  #send: (bytes: Buffer) => void = () => undefined;
  #silenceTimer: NodeJS.Timeout | undefined;

  constructor(speedUnit: SpeedUnit) {
    this.#modem = new ModemReader(speedUnit);
  }

  start(send: (bytes: Buffer) => void): void {
    this.#send = send;
    this.#waitForSilence();
  }

  stop(): void {
    clearTimeout(this.#silenceTimer);
    this.#modem.stop();
  }

  explain(): string | undefined {
    const explanations = [this.#nmea, this.#modem].map((reader) => reader.explain());
    return explanations.find((explanation) => explanation !== undefined);
  }

  push(chunk: Buffer): ReadResult {
    if (this.#detected) return this.#detected.push(chunk);
    this.stop();
    const sentences = this.#nmea.push(chunk);
    if (sentences.protocol) {
      this.#detected = this.#nmea;
      return sentences;
    }
    const answers = this.#modem.push(chunk);
    if (answers.protocol) {
      this.#detected = this.#modem;
      this.#modem.start(this.#send);
    } else {
      this.#waitForSilence();
    }
    return answers;
  }

  #waitForSilence(): void {
    this.stop();
    this.#silenceTimer = setTimeout(() => this.#modem.start(this.#send), SILENCE_MS);
  }
}
