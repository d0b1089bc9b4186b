import { Backoff } from '../backoff.ts';
import { FixWatch } from './fix-watch.ts';
import type { Fix } from './fix.ts';
import { NmeaReader } from './nmea/nmea-reader.ts';
import { PortState } from './port-state.ts';
import { SerialConnection, type SerialPortLike } from './serial-connection.ts';
import type { GpsProtocol, GpsReader } from './reader.ts';

/** A receiver without valid input for this long, or for the reopen interval if that is longer, is lost. */
const RECEIVE_TIMEOUT_MS = 10_000;
/**
 * Maximum number of connections that hang while opening. Each blocks one of the four threads of libuv's pool, which the
 * outbox needs for file access.
 */
const MAX_HANGING_CONNECTIONS = 2;

/** Events of a `GpsPort`; emitted from timers and stream events, never from within `start()` or `close()`. */
export interface GpsListener {
  onFix(fix: Fix): void;
  /** No fix for longer than between others, for any reason; emitted once until the next fix. */
  onNoFix?(): void;
  /** No fix for `seconds`, a multiple of 60; `reason` tells which of the conditions for one failed. */
  onStillNoFix?(seconds: number, reason: string): void;
  /** The receiver has sent valid input, a fix or not; emitted once until it is lost. */
  onDetected?(protocol: GpsProtocol): void;
  /** The receiver was lost or cannot be opened. Emitted once per reason until it is detected again. */
  onLost(reason: string): void;
}

export interface GpsPortOptions {
  readonly path: string;
  readonly baudRate: number;
  /** Creates a port with `autoOpen: false`; called for each connection. */
  readonly openPort: (path: string, baudRate: number) => SerialPortLike;
  readonly listener: GpsListener;
  /** Closes the port, like `close()`. */
  readonly signal?: AbortSignal;
  /** Interval from a loss, or from an open call that fails or hangs, to the next open call. */
  readonly reopenIntervalMs?: number;
  /** Doubles that interval after each failure, up to `maxReopenIntervalMs`; without it, the interval is constant. */
  readonly backoff?: { readonly maxReopenIntervalMs: number; readonly random: () => number };
  /** What to check if only garbage is received. */
  readonly garbageAdvice?: string;
  /** Creates the parser; called for each connection. */
  readonly createReader?: () => GpsReader;
}

/** GPS receiver on a serial port, reopened whenever it is lost. Errors go to the listener and are never thrown. */
export class GpsPort {
  readonly #options: Required<Omit<GpsPortOptions, 'signal' | 'backoff' | 'garbageAdvice'>>;
  readonly #signal: AbortSignal | undefined;
  readonly #backoff: Backoff;
  #latest: Fix | undefined;
  #connection: SerialConnection | undefined;
  #hangingConnections: SerialConnection[] = [];
  #reader: GpsReader | undefined;
  readonly #state: PortState;
  readonly #fixWatch: FixWatch;
  #openTimer: NodeJS.Timeout | undefined;
  #receiveTimer: NodeJS.Timeout | undefined;
  /** Limit of the current open call; if the port is lost before it was valid, also the pause before the next one. */
  #openDeadlineMs = 0;
  #started = false;
  #closing: Promise<void> | undefined;

  constructor({
    signal,
    reopenIntervalMs = 5000,
    backoff = { maxReopenIntervalMs: 0, random: () => 0 },
    createReader = () => new NmeaReader(),
    garbageAdvice,
    ...required
  }: GpsPortOptions) {
    this.#options = { ...required, reopenIntervalMs, createReader };
    this.#signal = signal;
    this.#backoff = new Backoff({
      minMs: reopenIntervalMs,
      maxMs: Math.max(reopenIntervalMs, backoff.maxReopenIntervalMs),
      random: backoff.random,
    });
    const { path, listener } = required;
    this.#state = new PortState({
      path,
      garbageAdvice: garbageAdvice ?? `check baudrate (${required.baudRate}) and protocol`,
      onDetected: (protocol) => {
        if (!this.#closing) listener.onDetected?.(protocol);
      },
      onLost: (reason) => listener.onLost(reason),
    });
    this.#fixWatch = new FixWatch({
      onNoFix: () => {
        // What was received before explains nothing.
        this.#state.explain(this.#reader);
        listener.onNoFix?.();
      },
      onStillNoFix: (seconds) => listener.onStillNoFix?.(seconds, this.#state.explain(this.#reader)),
    });
  }

  /** Latest fix, however old; undefined before the first. */
  get latest(): Fix | undefined {
    return this.#latest;
  }

  /** Starts opening the port; does nothing if it was started or closed before. */
  start(): void {
    if (this.#started || this.#closing || this.#signal?.aborted) return;
    this.#started = true;
    this.#signal?.addEventListener('abort', this.#onAbort);
    this.#fixWatch.start();
    this.#scheduleOpen(0);
  }

  /** Closes the port for good. Resolves when it is closed, within `CLOSE_TIMEOUT_MS`; never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#openTimer);
    this.#fixWatch.stop();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#connection?.close();
  }

  readonly #onAbort = (): void => void this.close();

  #scheduleOpen(delayMs: number): void {
    clearTimeout(this.#openTimer);
    this.#openTimer = setTimeout(() => this.#open(), delayMs);
  }

  #open(): void {
    const { path, baudRate, openPort } = this.#options;
    if (this.#connection) this.#abandonHanging(this.#connection);
    if (this.#closing) return;
    // This timer is the deadline of the open call, and stopped when that succeeds.
    this.#openDeadlineMs = this.#backoff.next();
    this.#scheduleOpen(this.#openDeadlineMs);
    this.#hangingConnections = this.#hangingConnections.filter(({ isOpening }) => isOpening);
    if (this.#hangingConnections.length >= MAX_HANGING_CONNECTIONS) return;
    try {
      this.#connection = this.#createConnection(openPort(path, baudRate));
      this.#connection.open();
    } catch (error) {
      this.#connection = undefined;
      this.#state.lost(`could not be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #abandonHanging(connection: SerialConnection): void {
    void connection.close();
    this.#hangingConnections.push(connection);
    this.#connection = undefined;
    this.#state.lost(`did not open within ${this.#openDeadlineMs} ms`);
  }

  #createConnection(port: SerialPortLike): SerialConnection {
    const reader = this.#options.createReader();
    this.#reader = reader;
    let hasGarbage = false;
    let wasValid = false;
    const connection = new SerialConnection(port, {
      onOpen: () => {
        clearTimeout(this.#openTimer);
        this.#state.opened();
        // Without valid input the port is reopened, which some receivers need to recover.
        this.#receiveTimer = setTimeout(
          () => connection.fail(this.#state.describeTimeout(this.#receiveTimeoutMs, hasGarbage)),
          this.#receiveTimeoutMs,
        );
        reader.start?.((bytes) => connection.send(bytes));
      },
      onData: (chunk) => {
        hasGarbage = true;
        this.#state.received();
        const { fixes, protocol } = reader.push(chunk);
        if (protocol) {
          hasGarbage = false;
          wasValid = true;
          this.#receiveTimer?.refresh();
          this.#backoff.reset();
          this.#state.detected(protocol);
        }
        fixes.forEach((fix) => this.#onFix(fix));
      },
      onClosed: () => {
        clearTimeout(this.#receiveTimer);
        reader.stop?.();
      },
      onLost: (reason, wasOpen) => {
        this.#connection = undefined;
        // An attempt that yields nothing valid counts once, whether the port opens or not.
        if (wasOpen) this.#scheduleOpen(wasValid ? this.#backoff.next() : this.#openDeadlineMs);
        this.#state.lost(reason);
      },
    });
    return connection;
  }

  #onFix(fix: Fix): void {
    if (this.#closing) return;
    this.#latest = fix;
    this.#fixWatch.onFix();
    this.#options.listener.onFix(fix);
  }

  get #receiveTimeoutMs(): number {
    return Math.max(RECEIVE_TIMEOUT_MS, this.#options.reopenIntervalMs);
  }
}
