import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { pause, reasonOf, untilCalled } from '../wait.ts';
import type { BrokerConnection } from './connection.ts';
import type { Suspicion } from './suspicion.ts';

/** Samples that may be on their way to the broker unacknowledged. */
const WINDOW = 64;
/** Samples that are read from the outbox at once. */
const CHUNK = 256;
/** A pause shorter than this is not worth a timer: the next one makes up for it. */
const SHORTEST_PAUSE_MS = 1;

export interface JournalOptions {
  readonly topic: string;
  readonly drainRatePerS: number;
  /** How long the broker may take to acknowledge one sample. */
  readonly ackTimeoutMs: number;
  readonly suspicion: Suspicion;
  readonly signal: AbortSignal;
}

/**
 * Publishes the outbox through one connection: in order, at QoS 1, at most `drainRatePerS`, a small window at a time.
 * Removes what the broker has acknowledged, and sets aside what it hangs up on.
 */
export class Journal {
  readonly #outbox: Outbox;
  readonly #connection: BrokerConnection;
  readonly #options: JournalOptions;
  readonly #failed = new AbortController();
  readonly #stops: readonly AbortSignal[];
  readonly #inFlight = new Set<Entry>();
  #acknowledged: Entry[] = [];
  #forgetting: Promise<void> | undefined;
  #onRoom: (() => void) | undefined;

  constructor(outbox: Outbox, connection: BrokerConnection, options: JournalOptions) {
    this.#outbox = outbox;
    this.#connection = connection;
    this.#options = options;
    this.#stops = [options.signal, connection.ended, this.#failed.signal];
  }

  /**
   * Runs until the connection ends, the broker does not acknowledge, the outbox fails, or the signal aborts.
   * @throws the reason of whichever ended it.
   */
  async drain(): Promise<never> {
    const { signal, suspicion } = this.#options;
    try {
      return await this.#sendAll();
    } catch (error) {
      if (this.#connection.ended.aborted && !signal.aborted) {
        const culprit = suspicion.hungUp([...this.#inFlight]);
        if (culprit) await this.#outbox.setAside(culprit);
      }
      throw error;
    } finally {
      await this.#forgetting;
    }
  }

  async #sendAll(): Promise<never> {
    const intervalMs = 1000 / this.#options.drainRatePerS;
    let turnMs = performance.now();
    let last: string | undefined;
    for (;;) {
      for (const entry of await this.#nextEntries(last)) {
        turnMs = Math.max(turnMs + intervalMs, performance.now() - intervalMs);
        const earlyMs = turnMs - performance.now();
        if (earlyMs >= SHORTEST_PAUSE_MS) await pause(earlyMs, ...this.#stops);
        await this.#room();
        void this.#deliver(entry);
        last = entry.key;
      }
    }
  }

  /** The next entries behind `last`; waits for an append while there are none. */
  async #nextEntries(last: string | undefined): Promise<Entry[]> {
    for (;;) {
      const { appends } = this.#outbox;
      const entries = await this.#outbox.next(CHUNK, last);
      if (entries.length > 0) return entries;
      await this.#outbox.appendedSince(appends, this.#stops);
    }
  }

  /** Waits until the window has room for one more. */
  async #room(): Promise<void> {
    const stop = this.#stops.find(({ aborted }) => aborted);
    if (stop) throw reasonOf(stop);
    while (this.#inFlight.size >= this.#options.suspicion.window(WINDOW)) {
      await untilCalled((call) => {
        this.#onRoom = call;
        return () => (this.#onRoom = undefined);
      }, this.#stops);
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    const { topic, ackTimeoutMs, suspicion } = this.#options;
    this.#inFlight.add(entry);
    try {
      await this.#connection.publish({ topic, payload: entry.payload, qos: 1, retain: false }, ackTimeoutMs);
      suspicion.clear();
      this.#inFlight.delete(entry);
      this.#acknowledged.push(entry);
      this.#onRoom?.();
      this.#forgetting ??= this.#forget();
    } catch (error) {
      this.#failed.abort(error);
    }
  }

  /** Removes what was acknowledged, and what is acknowledged meanwhile with it. */
  async #forget(): Promise<void> {
    try {
      while (this.#acknowledged.length > 0) {
        const entries = this.#acknowledged;
        this.#acknowledged = [];
        await this.#outbox.remove(entries);
      }
    } catch (error) {
      this.#failed.abort(error);
    } finally {
      this.#forgetting = undefined;
    }
  }
}
