import { untilCalled } from '../wait.ts';

/** Samples, and everything that is published beside them. */
export type Priority = 'journal' | 'other';

/** Time after which another message is no longer passed over in favour of samples. */
const MAX_WAIT_MS = 5_000;

interface Waiting {
  readonly priority: Priority;
  readonly sinceMs: number;
  readonly grant: () => void;
}

/**
 * Limits the number of messages at QoS 1 in flight to the broker's receive maximum. A free slot goes to a sample, unless
 * another message has waited for 5 s; the other messages never occupy all slots if there are several.
 */
export class SendQuota {
  readonly #limits: Readonly<Record<Priority, number>>;
  readonly #used: Record<Priority, number> = { journal: 0, other: 0 };
  #waiting: Waiting[] = [];

  constructor(receiveMaximum: number) {
    this.#limits = { journal: receiveMaximum, other: Math.max(1, receiveMaximum - 1) };
  }

  /** Number of slots in use. */
  used(priority: Priority): number {
    return this.#used[priority];
  }

  /** Waits for a slot. @returns frees it; to be called once. @throws the reason of the first of `signals` that aborts */
  async acquire(priority: Priority, signals: readonly AbortSignal[]): Promise<() => void> {
    if (this.#waiting.some((other) => other.priority === priority) || !this.#isFree(priority)) {
      await untilCalled((call) => {
        const waiting = { priority, sinceMs: performance.now(), grant: call };
        this.#waiting.push(waiting);
        return () => this.#cancel(waiting);
      }, signals);
    } else this.#used[priority] += 1;
    return () => {
      this.#used[priority] -= 1;
      this.#grantNext();
    };
  }

  #isFree(priority: Priority): boolean {
    const { journal, other } = this.#used;
    return journal + other < this.#limits.journal && (priority === 'journal' || other < this.#limits.other);
  }

  #grantNext(): void {
    const candidates = this.#waiting.filter(({ priority }) => this.#isFree(priority));
    const isOverdue = ({ priority, sinceMs }: Waiting): boolean =>
      priority === 'other' && performance.now() - sinceMs > MAX_WAIT_MS;
    const next =
      candidates.find(isOverdue) ??
      candidates.find(({ priority }) => priority === 'journal') ??
      candidates[0];
    if (!next) return;
    this.#used[next.priority] += 1;
    next.grant();
  }

  #cancel(waiting: Waiting): void {
    this.#waiting = this.#waiting.filter((other) => other !== waiting);
  }
}
