import { DiskError } from './disk-error.ts';
import type { Operation } from './virtual-leveldb.ts';

/** Damage to a store, and the rows that it costs. */
export interface StoreDamage {
  /**
   * `log`: opening the store skips what is unreadable; `table`: nothing can be read until a repair; `manifest`: not even a
   * repair succeeds; `crash`: opening or reading the store ends the process until a repair; `repair-crash`: so does a
   * repair.
   */
  readonly part: 'log' | 'table' | 'manifest' | 'crash' | 'repair-crash';
  /** Selects the lost rows by their keys; none by default. */
  readonly loses?: (key: string) => boolean;
}

/** Content of one path of a virtual disk: a store with its damage and its number of crashes. */
export class Volume {
  /** Synced content, which survives a power cut. */
  readonly #durable = new Map<string, string>();
  /** Writes since the last sync, oldest first. */
  #pending: (readonly Operation[])[] = [];
  /** Whether a store was created. */
  exists = false;
  damage: StoreDamage | undefined;
  /** Size of the rows that the last opening skipped. */
  lostBytes = 0;
  /** Number of consecutive processes that ended while they used the store, and the latest process to use it. */
  crashes = 0;
  usedBy: number | undefined;

  /** Content including unsynced writes: keys with the prefixes of their sublevels. */
  get content(): ReadonlyMap<string, string> {
    return this.#pending.reduce(applied, new Map(this.#durable));
  }

  /** Number of unsynced writes. */
  get pending(): number {
    return this.#pending.length;
  }

  fill(entries: Iterable<readonly [key: string, value: string]>): void {
    this.exists = true;
    for (const [key, value] of entries) this.#durable.set(key, value);
  }

  /** Changes the content, synced or not. */
  edit(change: (content: Map<string, string>) => void): void {
    this.sync();
    change(this.#durable);
  }

  write(operations: readonly Operation[]): void {
    this.#pending.push(operations);
  }

  /** Makes all writes durable; returns those that were not. */
  sync(): readonly (readonly Operation[])[] {
    return this.#settle(this.#pending.length);
  }

  /** Loses unsynced writes, except for the first `kept`. */
  powerCut(kept: number): void {
    this.#settle(kept);
  }

  /** Whether an operation ends the process that performs it. */
  crashesIn(operation: 'read' | 'repair'): boolean {
    const part = this.damage?.part;
    return part === 'repair-crash' || (part === 'crash' && operation === 'read');
  }

  /** Opens the store, without the rows that a damaged log has lost. @throws DiskError if the manifest is damaged. */
  open(): void {
    this.#refuseDamaged('manifest', 'no manifest');
    this.exists = true;
    this.lostBytes = this.damage?.part === 'log' ? this.#loseDamaged() : 0;
  }

  /** @throws DiskError if a table is damaged. */
  checkRead(): void {
    this.#refuseDamaged('table', 'block checksum mismatch');
  }

  /** Ends damage, with the loss of rows. @throws DiskError if the manifest is damaged. */
  repair(): void {
    this.#refuseDamaged('manifest', 'no manifest');
    this.#loseDamaged();
  }

  #refuseDamaged(part: StoreDamage['part'], message: string): void {
    if (this.damage?.part === part) throw new DiskError('LEVEL_CORRUPTION', message);
  }

  /** Returns the size of the lost rows. */
  #loseDamaged(): number {
    const { loses = () => false } = this.damage ?? {};
    this.damage = undefined;
    this.sync();
    let bytes = 0;
    for (const [key, value] of this.#durable) {
      if (!loses(key)) continue;
      bytes += key.length + value.length;
      this.#durable.delete(key);
    }
    return bytes;
  }

  /** Makes the first `count` unsynced writes durable, and forgets the others. */
  #settle(count: number): readonly (readonly Operation[])[] {
    const settled = this.#pending.slice(0, count);
    settled.reduce(applied, this.#durable);
    this.#pending = [];
    return settled;
  }
}

/** Applies a write to the content. */
function applied(content: Map<string, string>, operations: readonly Operation[]): Map<string, string> {
  for (const operation of operations) {
    if (operation.type === 'put') content.set(operation.key, operation.value);
    else content.delete(operation.key);
  }
  return content;
}
