import { AbstractIterator, AbstractLevel } from 'abstract-level';
import type { AbstractIteratorOptions } from 'abstract-level';
import { MemoryLevel } from 'memory-level';

/** One put, or one delete, of a write. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** What a virtual store stands on: it decides what becomes of every read and every write. */
export interface Medium {
  /** What there is when the store is opened. @throws where it cannot be. */
  open(): Iterable<readonly [key: string, value: string]>;
  /** Is asked before every read. @throws where nothing can be read. */
  read(): void;
  /** Takes a write, all of it or nothing. @throws where it does not. */
  write(operations: readonly Operation[], sync: boolean): void;
  close(): void;
}

interface WriteOptions {
  readonly sync?: boolean;
}

type Content = MemoryLevel;
type Range = AbstractIteratorOptions<string, string>;

/**
 * A store of the abstract-level family that keeps its content in memory and asks a medium about everything. The methods
 * with an underscore are abstract-level's contract with its implementations: keys and values come encoded, and with the
 * prefixes of sublevels.
 */
export class VirtualLevel extends AbstractLevel<string | Buffer | Uint8Array> {
  readonly #medium: Medium;
  #content: Content = emptyContent();

  constructor(medium: Medium) {
    super({ encodings: { utf8: true }, has: true, seek: true, implicitSnapshots: true });
    this.#medium = medium;
  }

  async _open(): Promise<void> {
    const entries = this.#medium.open();
    this.#content = emptyContent();
    await this.#content.open();
    await this.#content.batch([...entries].map(([key, value]) => ({ type: 'put', key, value })));
  }

  async _close(): Promise<void> {
    this.#medium.close();
    await this.#content.close();
  }

  async _get(key: string): Promise<string | undefined> {
    return (await this._getMany([key]))[0];
  }

  async _getMany(keys: string[]): Promise<(string | undefined)[]> {
    this.#medium.read();
    return await this.#content.getMany(keys);
  }

  async _has(key: string): Promise<boolean> {
    return (await this._get(key)) !== undefined;
  }

  async _hasMany(keys: string[]): Promise<boolean[]> {
    return (await this._getMany(keys)).map((value) => value !== undefined);
  }

  async _put(key: string, value: string, options: WriteOptions): Promise<void> {
    await this._batch([{ type: 'put', key, value }], options);
  }

  async _del(key: string, options: WriteOptions): Promise<void> {
    await this._batch([{ type: 'del', key }], options);
  }

  async _batch(operations: readonly Operation[], { sync = false }: WriteOptions): Promise<void> {
    const bare = operations.map(bareOperation);
    this.#medium.write(bare, sync);
    await written(this.#content, bare);
  }

  async _clear(options: Range): Promise<void> {
    const keys = await this.#content.keys(options).all();
    await this._batch(
      keys.map((key) => ({ type: 'del', key })),
      {},
    );
  }

  _iterator(options: Range): Cursor {
    return new Cursor(this, options, this.#medium, this.#content);
  }
}

class Cursor extends AbstractIterator<VirtualLevel, string, string> {
  readonly #medium: Medium;
  readonly #inner: AbstractIterator<Content, string, string>;

  constructor(level: VirtualLevel, options: Range, medium: Medium, content: Content) {
    super(level, options);
    this.#medium = medium;
    this.#inner = content.iterator(options);
  }

  async _next(): Promise<[string, string] | undefined> {
    this.#medium.read();
    return await this.#inner.next();
  }

  async _nextv(size: number): Promise<[string, string][]> {
    this.#medium.read();
    return await this.#inner.nextv(size);
  }

  _seek(target: string): void {
    this.#inner.seek(target);
  }

  async _close(): Promise<void> {
    await this.#inner.close();
  }
}

/** Its batches of arrays cost several times as much. */
async function written(content: Content, operations: readonly Operation[]): Promise<void> {
  const batch = content.batch();
  for (const operation of operations) {
    if (operation.type === 'put') batch.put(operation.key, operation.value);
    else batch.del(operation.key);
  }
  await batch.write();
}

/** Without the options of the whole batch, which abstract-level copies to each of its operations. */
function bareOperation(operation: Operation): Operation {
  const { key } = operation;
  return operation.type === 'put' ? { type: 'put', key, value: operation.value } : { type: 'del', key };
}

function emptyContent(): Content {
  return new MemoryLevel({ storeEncoding: 'utf8' });
}
