import type { Logger } from './log.ts';
import type { Outbox } from './outbox/outbox.ts';
import type { Counters } from './counters.ts';

const INTERVAL_MS = 600_000;

/** What is known about the latest sample. The position itself is never logged. */
export interface LatestSample {
  /** Null if the battery does not answer. */
  readonly batteryPercent: number | null;
  readonly hasFix: boolean;
}

export interface ActivityOptions {
  readonly outbox: Pick<Outbox, 'usage' | 'delivered'>;
  readonly counters: Pick<Counters, 'brokerConnects'>;
  readonly log: Logger;
}

/** Logs every ten minutes, and with the first sample after a connection to the scooter and after a reconnection to the broker, that samples are taken and delivered. */
export class ActivityReport {
  readonly #options: ActivityOptions;
  readonly #timer: NodeJS.Timeout;
  #latest: LatestSample | undefined;
  /** Numbers since the last report. */
  #taken = 0;
  #deliveredBefore = 0;
  #brokerConnects = 0;
  #isReconnected = false;

  constructor(options: ActivityOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
  }

  /** To be called when the connection to the scooter is established. */
  scooterConnected(): void {
    this.#isReconnected = true;
  }

  sampleTaken(sample: LatestSample): void {
    const { brokerConnects } = this.#options.counters;
    this.#taken += 1;
    this.#latest = sample;
    // The first connection is no reconnection.
    if (this.#brokerConnects > 0 && brokerConnects > this.#brokerConnects) this.#isReconnected = true;
    this.#brokerConnects = brokerConnects;
    if (this.#isReconnected) this.#report();
    this.#isReconnected = false;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #report(): void {
    const { outbox, log } = this.#options;
    const { delivered } = outbox;
    const numbers = {
      taken: this.#taken,
      delivered: delivered - this.#deliveredBefore,
      waiting: outbox.usage.count,
    };
    const latest = this.#latest && { batteryPercent: this.#latest.batteryPercent, fix: this.#latest.hasFix };
    log.info({ ...numbers, ...latest }, 'samples since the last report');
    this.#taken = 0;
    this.#deliveredBefore = delivered;
  }
}
