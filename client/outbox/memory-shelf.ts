import { changed, EMPTY, type Fill } from './bounds.ts';
import { numbered, storedPart, type Entry, type StoredSample } from './entry.ts';
import type { Shelf } from './making-room.ts';

/** Samples that memory alone holds, oldest first. */
export class MemoryShelf implements Shelf {
  #samples = new Map<string, StoredSample>();
  #fill = EMPTY;

  get fill(): Fill {
    return this.#fill;
  }

  get oldest(): Entry | undefined {
    const [oldest] = this.entries();
    return oldest;
  }

  *entries(after = ''): Generator<Entry> {
    for (const [key, sample] of this.#samples) if (key > after) yield { key, ...sample };
  }

  add(entry: Entry): void {
    this.#samples.set(entry.key, storedPart(entry));
    this.#fill = changed(this.#fill, entry, 1);
  }

  /** Takes out a sample, where it is here. */
  delete(key: string): void {
    const sample = this.#samples.get(key);
    if (!sample) return;
    this.#samples.delete(key);
    this.#fill = changed(this.#fill, sample, -1);
  }

  /** The process start has its number now. */
  number(boot: number): void {
    this.#samples = new Map([...this.#samples].map(([key, sample]) => [numbered(key, boot), sample]));
  }
}
