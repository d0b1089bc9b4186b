import type { MeasuredPosition } from './measured-position.ts';
import type { UnlistedReply, VirtualGpsd } from './gpsd.ts';
import { DEFAULT_SENTENCES, nmeaSentences, tells, type SentenceType, type Talker } from './nmea-writer.ts';
import type { Measurement } from './modem-families.ts';
import type { VirtualModem } from './modem.ts';
import { SentenceList } from './sentence-list.ts';

/** Temporary change of the receiver's behaviour, such as a fault; each hook is optional. */
export interface GpsBehaviour {
  /** Replaces the measured position; undefined means no fix. */
  readonly position?: (position: MeasuredPosition | undefined) => MeasuredPosition | undefined;
  /** Whether positions are estimated by dead reckoning, and whether only GGA says so. */
  readonly isEstimated?: boolean;
  readonly isOnlyInGga?: boolean;
  /** Whether there is no fix, and NMEA receivers, and some modems, repeat the last position. */
  readonly isLastKnown?: boolean;
  /** Whether a modem keeps its latest measurement instead of a new one. */
  readonly isRepeating?: boolean;
  /** Whether gpsd has no receiver, and how it tells who asks: by an empty list, or by an error. */
  readonly unlisted?: UnlistedReply;
  /** Replaces the bytes of a sentence or a reply; undefined suppresses them. */
  readonly bytes?: (bytes: Buffer) => Buffer | undefined;
}

/** A measurement as written by the receiver, with what the client can know of it. */
export interface WrittenMeasurement extends Measurement {
  /** Whether its bytes were not modified by a fault. */
  readonly isIntact: boolean;
  readonly hasAltitude: boolean;
  readonly hasSpeed: boolean;
  /** Whether the date was sent with a position since the port was opened. */
  readonly isDated: boolean;
  /** Whether its last sentence can be told from those of others: it is complete, or not the first one. */
  readonly isEndKnown: boolean;
  /** Time from its first sentence with a position to that at which it is written. */
  readonly ageMs: number;
}

export interface VirtualGpsOptions {
  /** Returns the position, called for each measurement; undefined if no satellite is visible. */
  readonly position: () => MeasuredPosition | undefined;
  /**
   * Receives the output: sentences of one measurement, or a reply of the modem.
   * @param measurement the measurement that it completes, if any; none if a reply contains no new one
   */
  readonly sink: (bytes: Buffer, measurement: WrittenMeasurement | undefined) => void;
  readonly intervalMs?: number;
  readonly talker?: Talker;
  /** Sentences of a receiver without modem and gpsd, in the order in which they are sent. */
  readonly sentences?: readonly SentenceType[];
  /** Whether RMC, GLL and VTG have a mode, which NMEA has since version 2.3. */
  readonly hasModes?: boolean;
  /** Number of measurements after which the sentences with a date are sent again. */
  readonly dateEvery?: number;
  /** Baud rate, by which sentences take time; they take none by default. */
  readonly baudRate?: number;
  /** Modem that contains the receiver; it writes only replies to commands. */
  readonly modem?: VirtualModem;
  /** gpsd that reads the receiver; it reports to clients that watch. */
  readonly gpsd?: VirtualGpsd;
  /** Satellite time, which is independent of steps of the computer's clock. */
  readonly now?: () => Date;
}

/** Bits of a character on a serial line. */
const CHARACTER_BITS = 10;

/** Everything that gpsd and modems tell of a measurement. */
const TOLD_AT_ONCE = { hasAltitude: true, hasSpeed: true, isDated: true, isEndKnown: true, ageMs: 0 };
/** Stands for a reply of the modem before the first measurement, which the client knows to be older. */
const BEFORE_FIRST: Measurement = { position: undefined, time: new Date(0) };

function isFix({ position, isEstimated }: Measurement): boolean {
  return position !== undefined && isEstimated !== true;
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
  /** The sentences of a measurement with a date, and of one without. */
  readonly #dated: SentenceList;
  readonly #undated: SentenceList;
  #timer: NodeJS.Timeout | undefined;
  #latest: Measurement | undefined;
  /** Last measurement reported by the modem since the port was opened. */
  #lastReported: Measurement | undefined;
  #count = 0;
  /** Sentences that are being sent. */
  readonly #sending = new Set<NodeJS.Timeout>();
  /** Since the port was opened: whether a date was sent with a position, and whether a whole measurement was. */
  #isDated = false;
  #hasWritten = false;
  /** Whether no sentence was written since then: the client knows no order of them. */
  #isFirst = true;

  constructor({
    intervalMs = 1000,
    talker = 'GN',
    sentences = DEFAULT_SENTENCES,
    hasModes = true,
    dateEvery = 1,
    baudRate = Infinity,
    now = () => new Date(),
    modem,
    gpsd,
    ...required
  }: VirtualGpsOptions) {
    this.#options = { ...required, intervalMs, talker, sentences, hasModes, dateEvery, baudRate, now };
    this.#modem = modem;
    this.#gpsd = gpsd;
    this.#dated = new SentenceList(sentences);
    this.#undated = new SentenceList(sentences.filter((type) => !tells(type, 'date')));
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
    this.#cancelSentences();
  }

  /** Restarts the modem that contains it, if any: its GPS is switched off. */
  restart(): void {
    this.#modem?.restart();
    this.#latest = undefined;
  }

  /** Called when the port is opened: nothing was reported yet, and the rest of a measurement is left out. */
  onPortOpened(): void {
    this.#cancelSentences();
    this.#lastReported = undefined;
    this.#isDated = false;
    this.#hasWritten = false;
    this.#isFirst = true;
    const greeting = this.#gpsd?.connect();
    if (greeting) this.#write(greeting, () => undefined);
  }

  /** Handles bytes written to the port; ignores them without a modem or gpsd. */
  receive(bytes: Buffer): void {
    const response = this.#gpsd?.receive(bytes, this.#unlisted);
    if (response) this.#write(response, () => undefined);
    let reported: Measurement | undefined;
    const reply = this.#modem?.receive(bytes, () => {
      reported = this.#latest ?? BEFORE_FIRST;
      return this.#latest;
    });
    if (reply && reply.length > 0)
      this.#write(reply, (isIntact) => reported && this.#newMeasurement(reported, isIntact));
  }

  get #unlisted(): UnlistedReply | undefined {
    return [...this.behaviours].find(({ unlisted }) => unlisted)?.unlisted;
  }

  #measure(): void {
    const { position, now, sentences } = this.#options;
    let measuredPosition = position();
    let isEstimated = false;
    let isOnlyInGga = false;
    let isLastKnown = false;
    let isRepeating = false;
    for (const behaviour of this.behaviours) {
      if (behaviour.position) measuredPosition = behaviour.position(measuredPosition);
      isLastKnown ||= behaviour.isLastKnown === true;
      isEstimated ||= isLastKnown || behaviour.isEstimated === true;
      isOnlyInGga ||= behaviour.isOnlyInGga === true && sentences.includes('GGA');
      isRepeating ||= behaviour.isRepeating === true;
    }
    const measurement = { position: measuredPosition, time: now(), isEstimated, isOnlyInGga, isLastKnown };
    this.#count += 1;
    if (this.#modem) {
      if (!isRepeating) this.#latest = this.#modem.fillIn(measurement);
      return;
    }
    if (!this.#gpsd) {
      this.#writeSentences(measurement);
      return;
    }
    const known = isLastKnown ? { ...measurement, position: undefined } : measurement;
    const report = this.#unlisted ? undefined : this.#gpsd.report(known);
    if (report) this.#write(report, (isIntact) => ({ ...TOLD_AT_ONCE, isIntact, ...measurement }));
  }

  #write(written: Buffer, measurementOf: (isIntact: boolean) => WrittenMeasurement | undefined): void {
    const bytes = this.#changed(written);
    if (bytes) this.#options.sink(bytes, measurementOf(bytes === written));
  }

  /** Bytes as the active behaviours change them. */
  #changed(written: Buffer): Buffer | undefined {
    let bytes: Buffer | undefined = written;
    for (const behaviour of this.behaviours) {
      if (behaviour.bytes && bytes) bytes = behaviour.bytes(bytes);
    }
    return bytes;
  }

  /** Writes the sentences of a measurement: at once, or one after the other as the baud rate allows. */
  #writeSentences(measurement: Measurement): void {
    const { dateEvery, talker, hasModes, baudRate, sink } = this.#options;
    const list = (this.#count - 1) % dateEvery === 0 ? this.#dated : this.#undated;
    const texts = nmeaSentences(measurement, talker, list.types, hasModes);
    if (baudRate === Infinity) {
      this.#write(Buffer.from(texts.join(''), 'ascii'), (isIntact) =>
        this.#written(measurement, list, isIntact, 0),
      );
      return;
    }
    const originals = texts.map((text) => Buffer.from(text, 'ascii'));
    const sent = originals.map((original) => this.#changed(original));
    const isIntact = originals.every((original, index) => original === sent[index]);
    const endsMs: number[] = [];
    for (const { length } of originals)
      endsMs.push((endsMs.at(-1) ?? 0) + (length * CHARACTER_BITS * 1000) / baudRate);
    // A client that has heard nothing else knows a fix as soon as all is told, and a later one with its last sentence.
    const isKnownEarly = this.#isFirst && isFix(measurement);
    const end = (isKnownEarly ? list.completedBy : undefined) ?? list.last;
    this.#isFirst = false;
    const ageMs = (endsMs[end] ?? 0) - (endsMs[list.firstPosition] ?? 0);
    sent.forEach((bytes, index) => {
      if (!bytes) return;
      const timer = setTimeout(() => {
        this.#sending.delete(timer);
        sink(bytes, index === end ? this.#written(measurement, list, isIntact, ageMs) : undefined);
      }, endsMs[index]);
      this.#sending.add(timer);
    });
  }

  #cancelSentences(): void {
    for (const timer of this.#sending) clearTimeout(timer);
    this.#sending.clear();
  }

  /** A measurement whose sentences are written. */
  #written(
    measurement: Measurement,
    { hasAltitude, hasSpeed, hasDate, completedBy }: SentenceList,
    isIntact: boolean,
    ageMs: number,
  ): WrittenMeasurement {
    const { position, time, isEstimated = false } = measurement;
    const isUsable = isFix(measurement);
    if (isIntact && isUsable && hasDate) this.#isDated = true;
    const isEndKnown = this.#hasWritten || (isUsable && completedBy !== undefined);
    if (isIntact) this.#hasWritten = true;
    const isDated = this.#isDated;
    return { position, time, isEstimated, isIntact, hasAltitude, hasSpeed, isDated, isEndKnown, ageMs };
  }

  /**
   * Returns a measurement in a reply of the modem if it is new: not if it was reported before, and not the first one
   * after the port was opened, because its age is unknown.
   */
  #newMeasurement(measurement: Measurement, isIntact: boolean): WrittenMeasurement | undefined {
    const isNew = this.#lastReported !== undefined && this.#lastReported !== measurement;
    if (isIntact) this.#lastReported = measurement;
    return isNew ? { ...TOLD_AT_ONCE, isIntact, ...measurement } : undefined;
  }
}
