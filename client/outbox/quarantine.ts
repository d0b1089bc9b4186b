import type { ProcessStart } from './segment.ts';
import type { Entry } from './stored-sample.ts';
import { deleteFrom, keyOf, putInto, type Batch, type Tables } from './store/tables.ts';

/** Maximum number of quarantined samples; beyond it, the oldest are deleted. */
const KEPT_SAMPLES = 1_000;

/** A quarantined sample that is not on disk yet. */
interface Quarantined {
  readonly boot: ProcessStart;
  readonly entry: Entry;
}

/** Changes of the quarantine that one write persists. */
export interface QuarantineChange {
  readonly added: readonly Quarantined[];
  readonly keys: readonly string[];
}

/** Samples that the broker refuses: not sent again, but kept for the owner. */
export class Quarantine {
  #unstored: readonly Quarantined[] = [];
  /** Keys of the samples on disk, oldest first. */
  #keys: readonly string[] = [];

  get isDirty(): boolean {
    return this.#unstored.length > 0;
  }

  add(boot: ProcessStart, entry: Entry): void {
    this.#unstored = [...this.#unstored, { boot, entry }].slice(-KEPT_SAMPLES);
  }

  /** Reads the keys of quarantined samples from a store. @throws what the store throws. */
  async attach({ aside }: Tables): Promise<void> {
    this.#keys = await aside.keys().all();
  }

  /** Adds unstored samples to a batch, and deletes the oldest beyond the limit. */
  change(batch: Batch, { aside }: Tables): QuarantineChange {
    const added = this.#unstored;
    if (added.length === 0) return { added, keys: this.#keys };
    for (const { boot, entry } of added) {
      const { payload, atMs, wallMs, clockSynced } = entry;
      putInto(batch, aside, keyFor(boot, entry), { payload, atMs, wallMs, clockSynced });
    }
    const keys = [...new Set([...this.#keys, ...added.map(({ boot, entry }) => keyFor(boot, entry))])].sort();
    for (const key of keys.slice(0, -KEPT_SAMPLES)) deleteFrom(batch, aside, key);
    return { added, keys: keys.slice(-KEPT_SAMPLES) };
  }

  /** Called after a change was written to disk. */
  stored({ added, keys }: QuarantineChange): void {
    this.#unstored = this.#unstored.filter((quarantined) => !added.includes(quarantined));
    this.#keys = keys;
  }
}

function keyFor({ number = 0 }: ProcessStart, { seq }: Entry): string {
  return keyOf(number, seq);
}
