import type { Position } from '../ride/ride.ts';
import { nmeaSentences, type Talker } from './nmea-writer.ts';
import type { Measurement, VirtualSim7600 } from './sim7600.ts';

/** Something that the receiver does differently while it lasts; each hook is optional. */
export interface GpsBehaviour {
  /** What the receiver takes for its position; undefined is no fix. */
  readonly position?: (position: Position | undefined) => Position | undefined;
  /** What reaches the wire of a measurement's bytes, or of an answer's; undefined is silence. */
  readonly bytes?: (bytes: Buffer) => Buffer | undefined;
}

/** What the receiver tells of a measurement. */
export interface WrittenMeasurement extends Measurement {
  /** Whether nothing has spoilt its sentences. */
  readonly isIntact: boolean;
}

export interface VirtualGpsOptions {
  /** Where the receiver is, asked at each measurement; undefined where no satellite is seen. */
  readonly position: () => Position | undefined;
  /**
   * Takes what the receiver writes: one measurement's sentences, or an answer.
   * @param measurement what they tell; undefined where an answer tells none, or no news
   */
  readonly sink: (bytes: Buffer, measurement: WrittenMeasurement | undefined) => void;
  readonly intervalMs?: number;
  readonly talker?: Talker;
  /** Has the receiver in it: it is asked, and writes nothing of its own accord. */
  readonly modem?: VirtualSim7600;
  /** The satellites' time: it stays right when the computer's own clock is stepped. */
  readonly now?: () => Date;
}

/**
 * A receiver that measures at whole multiples of its interval in UTC, once it is started, and writes NMEA or, in a modem,
 * answers.
 */
export class VirtualGps {
  /** Added when a fault begins, deleted when it ends; in force one after the other. */
  readonly behaviours = new Set<GpsBehaviour>();
  readonly #options: Required<Omit<VirtualGpsOptions, 'modem'>>;
  readonly #modem: VirtualSim7600 | undefined;
  #timer: NodeJS.Timeout | undefined;
  #latest: Measurement | undefined;
  /** What the modem has told last to whoever has the port open. */
  #lastReported: Measurement | undefined;

  constructor({
    intervalMs = 1000,
    talker = 'GN',
    now = () => new Date(),
    modem,
    ...required
  }: VirtualGpsOptions) {
    this.#options = { ...required, intervalMs, talker, now };
    this.#modem = modem;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Begins to measure at the next multiple of the interval; nothing if it does so already. */
  start(): void {
    if (this.running) return;
    const { intervalMs, now } = this.#options;
    this.#timer = setTimeout(
      () => {
        this.#timer = setInterval(() => this.#measure(), intervalMs);
        this.#measure();
      },
      intervalMs - (now().getTime() % intervalMs),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The port is opened anew, by somebody who has heard nothing yet. */
  onPortOpened(): void {
    this.#lastReported = undefined;
  }

  /** Takes what is written to the port; without a modem there nobody listens. */
  receive(bytes: Buffer): void {
    let reported: Measurement | undefined;
    const answer = this.#modem?.receive(bytes, () => (reported = this.#latest));
    if (answer && answer.length > 0)
      this.#write(answer, (isIntact) => reported && this.#newMeasurement(reported, isIntact));
  }

  #measure(): void {
    const { position, now, talker } = this.#options;
    let place = position();
    for (const behaviour of this.behaviours) {
      if (behaviour.position) place = behaviour.position(place);
    }
    const measurement = { position: place, time: now() };
    this.#latest = measurement;
    if (this.#modem) return;
    const sentences = Buffer.from(nmeaSentences(place, measurement.time, talker).join(''), 'ascii');
    this.#write(sentences, (isIntact) => ({ isIntact, ...measurement }));
  }

  #write(written: Buffer, measurementOf: (isIntact: boolean) => WrittenMeasurement | undefined): void {
    let bytes: Buffer | undefined = written;
    for (const behaviour of this.behaviours) {
      if (behaviour.bytes && bytes) bytes = behaviour.bytes(bytes);
    }
    if (bytes) this.#options.sink(bytes, measurementOf(bytes === written));
  }

  /**
   * What the modem tells that was not known before: told again a measurement is no news, and neither is the first, of
   * which nobody knows when it was made.
   */
  #newMeasurement(measurement: Measurement, isIntact: boolean): WrittenMeasurement | undefined {
    const isNew = this.#lastReported !== undefined && this.#lastReported !== measurement;
    if (isIntact) this.#lastReported = measurement;
    return isNew ? { isIntact, ...measurement } : undefined;
  }
}
