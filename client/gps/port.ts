import { adviceOn } from './advice.ts';
import { FRESH_FIX_MS, type Fix } from './fix.ts';
import { NmeaReader } from './nmea.ts';
import { Opening, type SerialPortLike } from './opening.ts';
import type { GpsProtocol, GpsReader } from './reader.ts';

/** A receiver that says nothing understandable for this long, or for the reopening interval if that is longer, is lost. */
const PATIENCE_MS = 10_000;
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
  /** The receiver says something that is understood, a fix or not; once until it is lost. */
  onHeard?(protocol: GpsProtocol): void;
  /** The receiver was lost or cannot be had, why, and what can be done; until it is heard, once for each reason. */
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
  readonly createReader?: () => GpsReader;
}

/** A receiver on a serial port, opened again whenever it is lost. Its troubles are told, never thrown. */
export class GpsPort {
  readonly #options: Required<Omit<GpsPortOptions, 'signal'>>;
  readonly #signal: AbortSignal | undefined;
  #latest: Fix | undefined;
  #opening: Opening | undefined;
  #hanging: Opening[] = [];
  #isHeard = false;
  readonly #toldReasons = new Set<string>();
  #openTimer: NodeJS.Timeout | undefined;
  #noFixTimer: NodeJS.Timeout | undefined;
  #patienceTimer: NodeJS.Timeout | undefined;
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
    this.#noFixTimer = setTimeout(() => this.#options.listener.onNoFix?.(), FRESH_FIX_MS);
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
    let isNoisy = false;
    const opening = new Opening(port, {
      onOpen: () => {
        clearTimeout(this.#openTimer);
        // A port that is open and tells nothing is opened anew: some receivers come back only so.
        this.#patienceTimer = setTimeout(() => opening.giveUp(this.#nonsense(isNoisy)), this.#patienceMs);
        reader.start?.((bytes) => opening.send(bytes));
      },
      onData: (chunk) => {
        isNoisy = true;
        const { fixes, understoodAs } = reader.push(chunk);
        if (understoodAs) {
          isNoisy = false;
          this.#patienceTimer?.refresh();
          this.#tellHeard(understoodAs);
        }
        fixes.forEach((fix) => this.#take(fix));
      },
      onOver: () => {
        clearTimeout(this.#patienceTimer);
        reader.stop?.();
      },
      onLost: (reason, wasOpen) => {
        this.#opening = undefined;
        if (wasOpen) this.#openAfter(this.#options.reopenIntervalMs);
        this.#tellLost(reason);
      },
    });
    return opening;
  }

  #take(fix: Fix): void {
    if (this.#closing) return;
    this.#latest = fix;
    this.#noFixTimer?.refresh();
    this.#options.listener.onFix(fix);
  }

  get #patienceMs(): number {
    return Math.max(PATIENCE_MS, this.#options.reopenIntervalMs);
  }

  #nonsense(isNoisy: boolean): string {
    const { baudRate } = this.#options;
    const forSeconds = `for ${this.#patienceMs / 1000} s`;
    return isNoisy
      ? `has sent nothing but noise ${forSeconds}: is its baudrate ${baudRate}, and its protocol right?`
      : `has been silent ${forSeconds}`;
  }

  #tellHeard(protocol: GpsProtocol): void {
    if (this.#isHeard || this.#closing) return;
    this.#isHeard = true;
    this.#toldReasons.clear();
    this.#options.listener.onHeard?.(protocol);
  }

  #tellLost(reason: string): void {
    this.#isHeard = false;
    if (this.#toldReasons.has(reason)) return;
    this.#toldReasons.add(reason);
    const { path, listener } = this.#options;
    listener.onLost(`${path} ${reason}${adviceOn(reason, path)}`);
  }
}
