import type { Outbox } from '../outbox/outbox.ts';
import type { Entry } from '../outbox/stored-sample.ts';
import { pause, reasonOf, untilCalled } from '../wait.ts';
import type { BrokerConnection } from './connection.ts';
import { RateLimit } from '../rate-limit.ts';
import type { PoisonDetector } from './poison-detector.ts';
import { ClosedByBroker, Rejection } from './broker-errors.ts';

/** Maximum number of samples in flight, that is, unacknowledged. */
const WINDOW = 64;
/** Minimum pause for which a timer is used; shorter ones are added to the next pause. */
const MIN_PAUSE_MS = 1;

export interface JournalOptions {
  readonly topic: string;
  readonly drainRatePerS: number;
  readonly detector: PoisonDetector;
  readonly signal: AbortSignal;
}

/**
 * Publishes the samples of the outbox on one connection: in order, at QoS 1, at most `drainRatePerS`, with a bounded
 * number in flight. Releases acknowledged samples, and quarantines refused ones.
 */
export class JournalPublisher {
  readonly #outbox: Outbox;
  readonly #connection: BrokerConnection;
  readonly #options: JournalOptions;
  readonly #failed = new AbortController();
  readonly #stops: readonly AbortSignal[];
  /** Oldest first. An array, because a long-lived Set retains deleted entries through its old hash tables. */
  readonly #inFlight: Entry[] = [];
  #onAcknowledged: (() => void) | undefined;
  #sentMs = 0;

  constructor(outbox: Outbox, connection: BrokerConnection, options: JournalOptions) {
    this.#outbox = outbox;
    this.#connection = connection;
    this.#options = options;
    this.#stops = [options.signal, connection.ended, this.#failed.signal];
  }

  /**
   * Publishes until the connection ends, the broker refuses a sample, or the signal aborts. Samples in flight are still
   * released if they are acknowledged later.
   * @throws the reason of whichever happened first.
   */
  async drain(): Promise<never> {
    const { drainRatePerS, detector } = this.#options;
    const rateLimit = new RateLimit(drainRatePerS, () => performance.now());
    const reader = this.#outbox.reader();
    let hasTurn = false;
    for (;;) {
      for (const entry of await reader.next(WINDOW, this.#stops)) {
        // Samples that were dropped since they were read cost no time: a full outbox drops those that are next.
        if (!this.#outbox.has(entry)) continue;
        const turnInMs = hasTurn ? 0 : rateLimit.next();
        hasTurn = true;
        const pauseMs = Math.max(turnInMs, detector.minUpMs(entry) - this.#connection.upMs);
        if (pauseMs >= MIN_PAUSE_MS) await pause(pauseMs, ...this.#stops);
        await this.#windowOpen();
        const release = await this.#connection.quota.acquire('journal', this.#stops);
        if (this.#outbox.has(entry)) {
          hasTurn = false;
          void this.#deliver(entry).finally(release);
        } else release();
      }
    }
  }

  /** Waits until one more sample may be in flight. */
  async #windowOpen(): Promise<void> {
    const stop = this.#stops.find(({ aborted }) => aborted);
    if (stop) throw reasonOf(stop);
    while (this.#inFlight.length >= this.#options.detector.window(WINDOW)) {
      await untilCalled((call) => {
        this.#onAcknowledged = call;
        return () => (this.#onAcknowledged = undefined);
      }, this.#stops);
    }
  }

  async #deliver(entry: Entry): Promise<void> {
    const { topic, detector } = this.#options;
    this.#inFlight.push(entry);
    this.#sentMs = performance.now();
    try {
      await this.#connection.send({ topic, payload: entry.payload, qos: 1, retain: false });
    } catch (error) {
      this.#failed.abort(error);
      return;
    }
    this.#inFlight.splice(this.#inFlight.indexOf(entry), 1);
    detector.acknowledged(entry);
    this.#outbox.release(entry);
    this.#onAcknowledged?.();
  }

  /**
   * Quarantines a sample in flight if the detector finds that it ended the connection. To be called for every connection
   * that the client has not ended itself, even if no sample was sent on it: that clears the suspect.
   */
  findPoison(error: unknown): void {
    const { detector } = this.#options;
    detector.lost(this.#inFlight);
    if (!(error instanceof Rejection && error.isAboutContent)) return;
    // The broker may have rejected another message.
    if (error instanceof ClosedByBroker && this.#connection.quota.used('other') > 0) return;
    const { upMs, acknowledged } = this.#connection;
    const inFlightMs = performance.now() - this.#sentMs;
    const poison = detector.disconnected([...this.#inFlight], { upMs, acknowledged, inFlightMs });
    if (!poison) return;
    this.#outbox.quarantine(poison);
    detector.quarantined(poison);
  }
}
