import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { pause, reasonOf, untilCalled } from '../wait.ts';
import type { BrokerConnection } from './connection.ts';
import { Pace } from './pace.ts';
import { Rejection } from './broker-errors.ts';
import type { Suspicion } from './suspicion.ts';

/** Samples that may be on their way to the broker unacknowledged. */
const WINDOW = 64;
/** What of the broker's own limit is left to everything that is not a sample. */
const OTHER_MESSAGES = 4;
/** Samples that are read from the outbox at once. */
const CHUNK = 256;
/** A pause shorter than this is not worth a timer: the next one makes up for it. */
const SHORTEST_PAUSE_MS = 1;

export interface JournalOptions {
  readonly topic: string;
  readonly drainRatePerS: number;
  readonly suspicion: Suspicion;
  readonly signal: AbortSignal;
}

/**
 * Publishes the outbox through one connection: in order, at QoS 1, at most `drainRatePerS`, a small window at a time.
 * Removes what the broker has acknowledged, and sets aside what it does not take.
 */
export class Journal {
  readonly #outbox: Outbox;
  readonly #connection: BrokerConnection;
  readonly #options: JournalOptions;
  readonly #failed = new AbortController();
  readonly #stops: readonly AbortSignal[];
  /** Oldest first. A Set that lives through a week's backlog links its old tables, and keeps what was in them. */
  readonly #inFlight: Entry[] = [];
  readonly #window: number;
  #acknowledged: Entry[] = [];
  #removing: Promise<void> | undefined;
  #onRoom: (() => void) | undefined;

  constructor(outbox: Outbox, connection: BrokerConnection, options: JournalOptions) {
    this.#outbox = outbox;
    this.#connection = connection;
    this.#options = options;
    this.#stops = [options.signal, connection.ended, this.#failed.signal];
    this.#window = Math.max(1, Math.min(WINDOW, connection.receiveMaximum - OTHER_MESSAGES));
  }

  /**
   * Runs until the connection ends, the broker refuses a sample, the outbox fails, or the signal aborts. What is in
   * flight then is still removed if its acknowledgement comes.
   * @throws the reason of whichever ended it.
   */
  async drain(): Promise<never> {
    try {
      return await this.#sendAll();
    } catch (error) {
      if (error instanceof Rejection && error.isAboutContent) await this.#blame();
      throw error;
    }
  }

  /** Resolves once everything that was acknowledged so far is removed. */
  async settled(): Promise<void> {
    await this.#removing;
  }

  async #sendAll(): Promise<never> {
    const pace = new Pace(this.#options.drainRatePerS, () => performance.now());
    let last: string | undefined;
    let { rewinds } = this.#outbox;
    for (;;) {
      if (rewinds < this.#outbox.rewinds) {
        ({ rewinds } = this.#outbox);
        last = undefined;
        await this.#allRemoved();
      }
      const { appends } = this.#outbox;
      const entries = await this.#outbox.next(CHUNK, last);
      for (const entry of entries) {
        const pauseMs = pace.next();
        if (pauseMs >= SHORTEST_PAUSE_MS) await pause(pauseMs, ...this.#stops);
        await this.#room(() => this.#options.suspicion.window(this.#window));
        void this.#deliver(entry);
        last = entry.key;
      }
      const isUpToDate = entries.length === 0 && rewinds === this.#outbox.rewinds;
      if (isUpToDate) await this.#outbox.appendedSince(appends, this.#stops);
    }
  }

  /** Waits until nothing that was sent is in the outbox any more. */
  async #allRemoved(): Promise<void> {
    await this.#room(() => 1);
    await this.#removing;
  }

  /** Waits until fewer than `window` samples are in flight. */
  async #room(window: () => number): Promise<void> {
    const stop = this.#stops.find(({ aborted }) => aborted);
    if (stop) throw reasonOf(stop);
    while (this.#inFlight.length >= window()) {
      await untilCalled((call) => {
        this.#onRoom = call;
        return () => (this.#onRoom = undefined);
      }, this.#stops);
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    const { topic, suspicion } = this.#options;
    this.#inFlight.push(entry);
    try {
      await this.#connection.publish({ topic, payload: entry.payload, qos: 1, retain: false });
    } catch (error) {
      this.#failed.abort(error);
      return;
    }
    this.#inFlight.splice(this.#inFlight.indexOf(entry), 1);
    suspicion.acknowledged(entry);
    this.#acknowledged.push(entry);
    this.#removing ??= this.#remove();
    this.#onRoom?.();
  }

  /** Removes what was acknowledged, and what is acknowledged meanwhile with it. */
  async #remove(): Promise<void> {
    while (this.#acknowledged.length > 0) {
      const entries = this.#acknowledged;
      this.#acknowledged = [];
      // Where the disk fails, the outbox remembers it, and does not hand them out again.
      await this.#outbox.remove(entries).catch(() => undefined);
    }
    this.#removing = undefined;
  }

  async #blame(): Promise<void> {
    const { suspicion } = this.#options;
    const culprit = suspicion.hungUp([...this.#inFlight]);
    if (!culprit) return;
    await this.#outbox.setAside(culprit);
    suspicion.setAside();
  }
}
