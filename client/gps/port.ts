import { FRESH_FIX_MS, type Fix, type FixReader } from './fix.ts';
import { NmeaReader } from './nmea.ts';
import { Opening, type SerialPortLike } from './opening.ts';

/** A receiver that sends no byte for this long, or for the reopening interval if that is longer, has fallen silent. */
const SILENCE_MS = 10_000;
/**
 * Openings that may hang at once. Each holds one of the four threads that file access needs as well, and a receiver
 * must not take the store down with it.
 */
const MAX_HANGING_OPENINGS = 2;

/** What a `GpsPort` tells. Called from timers and stream events, never from within `start()` or `close()`. */
export interface GpsListener {
  onFix(fix: Fix): void;
  /** No fix for `FRESH_FIX_MS`, whatever the reason; once until the next fix. */
  onNoFix?(): void;
  /** @param send writes to the receiver as long as this opening lasts; afterwards it does nothing */
  onOpen(send: (bytes: Buffer) => void): void;
  /** The port was lost or could not be opened, and why; until it opens, once for each new reason. */
  onLost(reason: string): void;
}

export interface GpsPortOptions {
  readonly path: string;
  readonly baudRate: number;
  /** Makes a port that does not open by itself (`autoOpen: false`); called for each opening anew. */
  readonly openPort: (path: string, baudRate: number) => SerialPortLike;
  readonly listener: GpsListener;
  /** Ends the port as `close()` does. */
  readonly signal?: AbortSignal;
  /** From a loss to the next opening, and from one opening that fails or hangs to the next. */
  readonly reopenIntervalMs?: number;
  /** What understands the receiver; made for each opening anew. */
  readonly createReader?: () => FixReader;
}

/** A receiver on a serial port, opened again whenever it is lost. Its troubles are told, never thrown. */
export class GpsPort {
  readonly #options: Required<Omit<GpsPortOptions, 'signal'>>;
  readonly #signal: AbortSignal | undefined;
  #latest: Fix | undefined;
  #opening: Opening | undefined;
  #hanging: Opening[] = [];
  #toldReason: string | undefined;
  #openTimer: NodeJS.Timeout | undefined;
  #noFixTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #started = false;
  #closing: Promise<void> | undefined;

  constructor({
    signal,
    reopenIntervalMs = 5000,
    createReader = () => new NmeaReader(),
    ...required
  }: GpsPortOptions) {
    this.#options = { ...required, reopenIntervalMs, createReader };
    this.#signal = signal;
  }

  /** The newest complete fix, however old by now; undefined before the first. */
  get latest(): Fix | undefined {
    return this.#latest;
  }

  /** Begins to open the port; nothing if it was started or closed before. */
  start(): void {
    if (this.#started || this.#closing || this.#signal?.aborted) return;
    this.#started = true;
    this.#signal?.addEventListener('abort', this.#onAbort);
    this.#expectFix();
    this.#openAfter(0);
  }

  /** Ends everything for good. Resolves when the port is closed, soon in any case; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#openTimer);
    clearTimeout(this.#noFixTimer);
    clearTimeout(this.#silenceTimer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#opening?.end();
  }

  readonly #onAbort = (): void => void this.close();

  #openAfter(delayMs: number): void {
    clearTimeout(this.#openTimer);
    this.#openTimer = setTimeout(() => this.#open(), delayMs);
  }

  #open(): void {
    const { path, baudRate, openPort, reopenIntervalMs } = this.#options;
    // An opening that succeeds in time stops this timer; otherwise it is its deadline.
    this.#openAfter(reopenIntervalMs);
    if (this.#opening) this.#abandon(this.#opening);
    if (this.#closing) return;
    this.#hanging = this.#hanging.filter(({ hanging }) => hanging);
    if (this.#hanging.length >= MAX_HANGING_OPENINGS) return;
    try {
      this.#opening = this.#openingOf(openPort(path, baudRate));
      this.#opening.begin();
    } catch (error) {
      this.#opening = undefined;
      this.#tellLost(`could not be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #abandon(opening: Opening): void {
    void opening.end();
    this.#hanging.push(opening);
    this.#opening = undefined;
    this.#tellLost(`did not open within ${this.#options.reopenIntervalMs} ms`);
  }

  #openingOf(port: SerialPortLike): Opening {
    const reader = this.#options.createReader();
    const opening = new Opening(port, {
      onOpen: () => {
        clearTimeout(this.#openTimer);
        this.#toldReason = undefined;
        this.#expectBytes(opening);
        this.#options.listener.onOpen((bytes) => opening.send(bytes));
      },
      onData: (chunk) => {
        this.#expectBytes(opening);
        reader.push(chunk).forEach((fix) => this.#take(fix));
      },
      onLost: (reason, wasOpen) => {
        this.#opening = undefined;
        clearTimeout(this.#silenceTimer);
        if (wasOpen) this.#openAfter(this.#options.reopenIntervalMs);
        this.#tellLost(reason);
      },
    });
    return opening;
  }

  #take(fix: Fix): void {
    if (this.#closing) return;
    this.#latest = fix;
    this.#expectFix();
    this.#options.listener.onFix(fix);
  }

  /** A port that is open and says nothing is opened anew: some receivers come back only so. */
  #expectBytes(opening: Opening): void {
    const silenceMs = Math.max(SILENCE_MS, this.#options.reopenIntervalMs);
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(
      () => opening.giveUp(`has been silent for ${silenceMs / 1000} s`),
      silenceMs,
    );
  }

  #expectFix(): void {
    clearTimeout(this.#noFixTimer);
    this.#noFixTimer = setTimeout(() => this.#options.listener.onNoFix?.(), FRESH_FIX_MS);
  }

  #tellLost(reason: string): void {
    if (reason === this.#toldReason) return;
    this.#toldReason = reason;
    this.#options.listener.onLost(`${this.#options.path} ${reason}`);
  }
}
