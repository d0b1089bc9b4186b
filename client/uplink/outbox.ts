import type { AbstractLevel, AbstractPutOptions, AbstractSublevel } from 'abstract-level';
import { untilCalled, within } from '../wait.ts';

/** Any store of the abstract-level family: classic-level on disk, memory-level in a world. */
export type Store = AbstractLevel<string | Buffer | Uint8Array>;

type Samples = AbstractSublevel<Store, string | Buffer | Uint8Array, string, string>;

/** A stored sample; its payload is byte-identical at every retry. */
export interface Entry {
  readonly key: string;
  readonly payload: string;
}

/** What a sample is known by: drawn once per process start, and counted from 1. */
export interface SampleId {
  readonly bootId: string;
  readonly seq: number;
}

/** On disk before it counts as written; stores without a disk ignore it. */
const SYNCED: AbstractPutOptions<string, string> & { sync: boolean } = { sync: true };

const BOOT_DIGITS = 10;
const SEQ_DIGITS = 10;
const BOOT_COUNTER = 'boot';

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0');

/**
 * Samples on their way to the broker: stored first, removed once delivered. Keys sort by process start, then by sequence
 * number, so what an earlier process left behind goes out first.
 */
export class Outbox {
  readonly #samples: Samples;
  readonly #bootId: string;
  readonly #boot: string;
  #seq = 0;
  #count: number;
  #appends = 0;
  #onEmpty: (() => void) | undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(store: Store, bootId: string, boot: number, count: number) {
    this.#samples = samplesOf(store);
    this.#bootId = bootId;
    this.#boot = padded(boot, BOOT_DIGITS);
    this.#count = count;
  }

  /** Takes up what the store holds; @param bootId names this process start in every sample. */
  static async open(store: Store, bootId: string): Promise<Outbox> {
    await store.open();
    const meta = store.sublevel('meta');
    const boot = Number((await meta.get(BOOT_COUNTER)) ?? 0) + 1;
    await meta.put(BOOT_COUNTER, String(boot), SYNCED);
    const left = await samplesOf(store).keys().all();
    return new Outbox(store, bootId, boot, left.length);
  }

  /** Samples that wait. */
  get count(): number {
    return this.#count;
  }

  /** How many samples this process has stored. */
  get appends(): number {
    return this.#appends;
  }

  /** Waits until there were more appends than `appends`; fails with the reason of the first signal that aborts. */
  async appendedSince(appends: number, signals: readonly AbortSignal[]): Promise<void> {
    if (this.#appends > appends) return;
    await untilCalled((wake) => {
      this.#waiting.add(wake);
      return () => this.#waiting.delete(wake);
    }, signals);
  }

  /** Waits until everything is delivered, but not longer than `timeoutMs`, nor than `signal` lives. */
  async drained(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (this.#count === 0) return;
    const bounds = { timeoutMs, what: 'Delivering the last samples', signals: [signal] };
    await within<void>(bounds, (succeed) => {
      this.#onEmpty = succeed;
      return () => (this.#onEmpty = undefined);
    }).catch(() => undefined);
  }

  /** Stores what `build` makes of the next sequence number; resolves once it would survive a power cut. */
  async append(build: (id: SampleId) => string): Promise<SampleId> {
    const id = { bootId: this.#bootId, seq: ++this.#seq };
    await this.#samples.put(`${this.#boot}/${padded(id.seq, SEQ_DIGITS)}`, build(id), SYNCED);
    this.#count += 1;
    this.#appends += 1;
    for (const wake of this.#waiting) wake();
    return id;
  }

  /** Up to `limit` samples behind the one of `after`, oldest first. */
  async next(limit: number, after?: string): Promise<Entry[]> {
    const range = after === undefined ? { limit } : { gt: after, limit };
    const entries = await this.#samples.iterator(range).all();
    return entries.map(([key, payload]) => ({ key, payload }));
  }

  /** Forgets a delivered sample. Not synced: one that comes back after a power cut is delivered twice, never lost. */
  async remove(key: string): Promise<void> {
    await this.#samples.del(key);
    this.#count -= 1;
    if (this.#count === 0) this.#onEmpty?.();
  }
}

function samplesOf(store: Store): Samples {
  return store.sublevel('samples', { keyEncoding: 'utf8', valueEncoding: 'utf8' });
}
