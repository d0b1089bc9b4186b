import type { Position } from '../ride/ride.ts';
import type { VirtualGpsd } from './gpsd.ts';
import { nmeaSentences, type Talker } from './nmea-writer.ts';
import type { Measurement } from './modem-families.ts';
import type { VirtualModem } from './modem.ts';

/** Temporary change of the receiver's behaviour, such as a fault; each hook is optional. */
export interface GpsBehaviour {
  /** Replaces the measured position; undefined means no fix. */
  readonly position?: (position: Position | undefined) => Position | undefined;
  /** Replaces the bytes of a measurement or a reply; undefined suppresses them. */
  readonly bytes?: (bytes: Buffer) => Buffer | undefined;
}

/** Before the first measurement. */
const NOT_MEASURED: Measurement = { position: undefined, time: new Date(0) };

/** A measurement as written by the receiver. */
export interface WrittenMeasurement extends Measurement {
  /** Whether its bytes were not modified by a fault. */
  readonly isIntact: boolean;
}

export interface VirtualGpsOptions {
  /** Returns the position, called for each measurement; undefined if no satellite is visible. */
  readonly position: () => Position | undefined;
  /**
   * Receives the output: the sentences of one measurement, or a reply of the modem.
   * @param measurement the measurement in it; undefined if a reply contains none, or no new one
   */
  readonly sink: (bytes: Buffer, measurement: WrittenMeasurement | undefined) => void;
  readonly intervalMs?: number;
  readonly talker?: Talker;
  /** Modem that contains the receiver; it writes only replies to commands. */
  readonly modem?: VirtualModem;
  /** gpsd that reads the receiver; it reports to clients that watch. */
  readonly gpsd?: VirtualGpsd;
  /** Satellite time, which is independent of steps of the computer's clock. */
  readonly now?: () => Date;
}

/**
 * Virtual GPS receiver. Once started, it measures at whole multiples of its interval in UTC, and writes NMEA sentences;
 * in a modem, it only replies to commands.
 */
export class VirtualGps {
  /** Active behaviours: added when a fault starts, deleted when it ends, applied in order. */
  readonly behaviours = new Set<GpsBehaviour>();
  readonly #options: Required<Omit<VirtualGpsOptions, 'modem' | 'gpsd'>>;
  readonly #modem: VirtualModem | undefined;
  readonly #gpsd: VirtualGpsd | undefined;
  #timer: NodeJS.Timeout | undefined;
  #latest: Measurement | undefined;
  /** Last measurement reported by the modem since the port was opened. */
  #lastReported: Measurement | undefined;

  constructor({
    intervalMs = 1000,
    talker = 'GN',
    now = () => new Date(),
    modem,
    gpsd,
    ...required
  }: VirtualGpsOptions) {
    this.#options = { ...required, intervalMs, talker, now };
    this.#modem = modem;
    this.#gpsd = gpsd;
  }

  get running(): boolean {
    return this.#timer !== undefined;
  }

  /** Starts to measure at the next multiple of the interval; no effect if it is running. */
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

  /** Called when the port is opened: no measurement was reported yet. */
  onPortOpened(): void {
    this.#lastReported = undefined;
    this.#gpsd?.onConnected();
  }

  /** Restarts the modem that contains the receiver: its GPS is off. */
  restartModem(): void {
    if (this.#modem) this.#modem.isOn = false;
  }

  /** Handles bytes written to the port; ignores them without a modem or gpsd. */
  receive(bytes: Buffer): void {
    const response = this.#gpsd?.receive(bytes);
    if (response) this.#write(response, () => undefined);
    let reported: Measurement | undefined;
    const reply = this.#modem?.receive(bytes, () => {
      reported = this.#latest;
      // Who is told that there is no measurement yet knows that the next one is new.
      if (!reported) this.#lastReported = NOT_MEASURED;
      return reported;
    });
    if (reply && reply.length > 0)
      this.#write(reply, (isIntact) => reported && this.#newMeasurement(reported, isIntact));
  }

  #measure(): void {
    const { position, now, talker } = this.#options;
    let measuredPosition = position();
    for (const behaviour of this.behaviours) {
      if (behaviour.position) measuredPosition = behaviour.position(measuredPosition);
    }
    const measurement = { position: measuredPosition, time: now() };
    this.#latest = measurement;
    if (this.#modem) return;
    const output = this.#gpsd
      ? this.#gpsd.report(measurement)
      : Buffer.from(nmeaSentences(measuredPosition, measurement.time, talker).join(''), 'ascii');
    if (output) this.#write(output, (isIntact) => ({ isIntact, ...measurement }));
  }

  #write(written: Buffer, measurementOf: (isIntact: boolean) => WrittenMeasurement | undefined): void {
    let bytes: Buffer | undefined = written;
    for (const behaviour of this.behaviours) {
      if (behaviour.bytes && bytes) bytes = behaviour.bytes(bytes);
    }
    if (bytes) this.#options.sink(bytes, measurementOf(bytes === written));
  }

  /**
   * Returns a measurement in a reply of the modem if it is new: not if it was reported before, and not the first one
   * after the port was opened, because its age is unknown.
   */
  #newMeasurement(measurement: Measurement, isIntact: boolean): WrittenMeasurement | undefined {
    const isNew = this.#lastReported !== undefined && this.#lastReported !== measurement;
    if (isIntact) this.#lastReported = measurement;
    return isNew ? { isIntact, ...measurement } : undefined;
  }
}
