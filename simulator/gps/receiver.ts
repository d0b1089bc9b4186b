import type { Position } from '../ride/ride.ts';
import { nmeaSentences, type Talker } from './nmea-writer.ts';

/** Something that the receiver does differently while it lasts; each hook is optional. */
export interface GpsBehaviour {
  /** What the receiver takes for its position; undefined is no fix. */
  readonly position?: (position: Position | undefined) => Position | undefined;
  /** What reaches the wire of a measurement's bytes; undefined is silence. */
  readonly bytes?: (bytes: Buffer) => Buffer | undefined;
}

/** What the receiver has just measured. */
export interface Measurement {
  /** Undefined is no fix. */
  readonly position: Position | undefined;
  readonly time: Date;
  /** Whether nothing has spoilt its sentences. */
  readonly isIntact: boolean;
}

export interface VirtualGpsOptions {
  /** Where the receiver is, asked at each measurement; undefined where no satellite is seen. */
  readonly position: () => Position | undefined;
  /** Takes what the receiver writes, one measurement's sentences at a time. */
  readonly sink: (bytes: Buffer, measurement: Measurement) => void;
  readonly intervalMs?: number;
  readonly talker?: Talker;
  /** The satellites' time: it stays right when the computer's own clock is stepped. */
  readonly now?: () => Date;
}

/** A receiver that measures at whole multiples of its interval in UTC, once it is started, and writes NMEA. */
export class VirtualGps {
  /** Added when a fault begins, deleted when it ends; in force one after the other. */
  readonly behaviours = new Set<GpsBehaviour>();
  readonly #options: Required<VirtualGpsOptions>;
  #timer: NodeJS.Timeout | undefined;

  constructor({ intervalMs = 1000, talker = 'GN', now = () => new Date(), ...required }: VirtualGpsOptions) {
    this.#options = { ...required, intervalMs, talker, now };
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

  #measure(): void {
    const { position, sink, now, talker } = this.#options;
    let place = position();
    for (const behaviour of this.behaviours) {
      if (behaviour.position) place = behaviour.position(place);
    }
    const time = now();
    const sentences = Buffer.from(nmeaSentences(place, time, talker).join(''), 'ascii');
    let bytes: Buffer | undefined = sentences;
    for (const behaviour of this.behaviours) {
      if (behaviour.bytes && bytes) bytes = behaviour.bytes(bytes);
    }
    if (bytes) sink(bytes, { position: place, time, isIntact: bytes === sentences });
  }
}
