/** Hang-ups on one topic before the client does without it. */
const HANG_UPS = 3;
/** How long it does without it; the next connection after that tries it again. */
const MUTED_MS = 600_000;

interface Record {
  readonly hangUps: number;
  /** By `performance.now()`. */
  readonly mutedUntilMs: number;
}

const CLEAN: Record = { hangUps: 0, mutedUntilMs: 0 };

/**
 * Topics beside the journal on which the broker does not let us publish. Some brokers say so, others hang up: they must
 * not keep the samples from flowing, which may be all that the owner of the broker has allowed.
 */
export class MutedTopics {
  readonly #records = new Map<string, Record>();
  #isSuspicious = false;

  /** The broker has hung up on one of several topics: from now on they go one at a time. */
  get isSuspicious(): boolean {
    return this.#isSuspicious;
  }

  has(topic: string): boolean {
    return performance.now() < this.#of(topic).mutedUntilMs;
  }

  /** The broker hung up while several were on their way. */
  suspect(): void {
    this.#isSuspicious = true;
  }

  /** The broker has let everything pass that is not muted. */
  relax(): void {
    this.#isSuspicious = false;
  }

  taken(topic: string): void {
    this.#records.delete(topic);
  }

  /** The broker says that it does not take this topic. */
  refused(topic: string): void {
    this.#records.set(topic, { hangUps: HANG_UPS, mutedUntilMs: performance.now() + MUTED_MS });
  }

  /** The broker hung up while only this topic was on its way; returns whether it is muted now. */
  hungUp(topic: string): boolean {
    const hangUps = this.#of(topic).hangUps + 1;
    this.#records.set(topic, { ...CLEAN, hangUps });
    if (hangUps < HANG_UPS) return false;
    this.refused(topic);
    return true;
  }

  #of(topic: string): Record {
    return this.#records.get(topic) ?? CLEAN;
  }
}
