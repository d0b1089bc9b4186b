import type { AbstractIteratorOptions } from 'abstract-level';
import { MemoryLevel } from 'memory-level';

/** A put or a delete in a batch. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** What is stored under a key. */
export type Entry = readonly [key: string, value: string];

/** Storage behind a virtual store; can make reads and writes fail. */
export interface Backend {
  /** Awaited before every operation; undefined for no delay. */
  delay(): Promise<void> | undefined;
  /** Returns the stored entries when the store is opened. @throws if it cannot be opened. */
  open(): Iterable<Entry>;
  /** Called before every read. @throws if reading fails. */
  checkRead(): void;
  /** Called with the entries that an iterator has read. */
  entriesRead(entries: readonly Entry[]): void;
  /** Performs a write atomically. @throws if the write fails. */
  write(operations: readonly Operation[], sync: boolean): void;
  close(): void;
}

interface WriteOptions {
  readonly sync?: boolean;
}

type Range = AbstractIteratorOptions<string, string>;

/** Private methods that the public methods of an iterator call. */
interface Cursor {
  _next: () => Promise<unknown>;
  _nextv: (size: number) => Promise<readonly unknown[]>;
  _all: (options: object) => Promise<readonly unknown[]>;
}

/*
 * The methods with an underscore are implemented by abstract-level's subclasses and missing in its types: keys and values
 * are passed encoded, and with the prefixes of sublevels.
 */
declare module 'memory-level' {
  interface MemoryLevel<KDefault, VDefault> {
    _getSync(key: KDefault, options: object): VDefault | undefined;
    _getMany(keys: KDefault[], options: object): Promise<(VDefault | undefined)[]>;
    _batch(operations: readonly Operation[], options: object): Promise<void>;
    _clear(options: object): Promise<void>;
    _iterator(options: Range): Cursor;
    _keys(options: Range): Cursor;
    _values(options: Range): Cursor;
  }
}

/** An abstract-level store that keeps its content in memory and calls a backend before every operation. */
export class VirtualLevelDb extends MemoryLevel {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    super({ storeEncoding: 'utf8' });
    this.#backend = backend;
  }

  async _open(): Promise<void> {
    await this.#backend.delay();
    const entries = this.#backend.open();
    await super._clear({ limit: -1 });
    await super._batch(
      Array.from(entries, ([key, value]) => ({ type: 'put', key, value })),
      {},
    );
  }

  async _close(): Promise<void> {
    this.#backend.close();
    await Promise.resolve();
  }

  async _get(key: string, options: object): Promise<string | undefined> {
    return (await this._getMany([key], options))[0];
  }

  override _getSync(key: string, options: object): string | undefined {
    this.#backend.checkRead();
    return super._getSync(key, options);
  }

  override async _getMany(keys: string[], options: object): Promise<(string | undefined)[]> {
    await this.#backend.delay();
    this.#backend.checkRead();
    return await super._getMany(keys, options);
  }

  async _has(key: string, options: object): Promise<boolean> {
    return (await this._get(key, options)) !== undefined;
  }

  async _hasMany(keys: string[], options: object): Promise<boolean[]> {
    return (await this._getMany(keys, options)).map((value) => value !== undefined);
  }

  async _put(key: string, value: string, options: WriteOptions): Promise<void> {
    await this._batch([{ type: 'put', key, value }], options);
  }

  async _del(key: string, options: WriteOptions): Promise<void> {
    await this._batch([{ type: 'del', key }], options);
  }

  override async _batch(operations: readonly Operation[], { sync = false }: WriteOptions): Promise<void> {
    await this.#backend.delay();
    const bare = operations.map(bareOperation);
    this.#backend.write(bare, sync);
    await super._batch(bare, {});
  }

  override async _clear(options: Range): Promise<void> {
    const keys = await this.keys(options).all();
    await this._batch(
      keys.map((key) => ({ type: 'del', key })),
      {},
    );
  }

  override _iterator(options: Range): Cursor {
    return this.#withReadCheck(super._iterator(options), (entries) =>
      this.#backend.entriesRead(entries as readonly Entry[]),
    );
  }

  override _keys(options: Range): Cursor {
    return this.#withReadCheck(super._keys(options));
  }

  override _values(options: Range): Cursor {
    return this.#withReadCheck(super._values(options));
  }

  /** Makes a cursor call the backend before each read, and `onRead` with what it has read. */
  #withReadCheck(cursor: Cursor, onRead: (items: readonly unknown[]) => void = () => undefined): Cursor {
    const { _next: next, _nextv: nextv, _all: all } = cursor;
    const check = async (): Promise<void> => {
      await this.#backend.delay();
      this.#backend.checkRead();
    };
    const noted = (items: readonly unknown[]): readonly unknown[] => {
      onRead(items);
      return items;
    };
    return Object.assign(cursor, {
      _next: async () => {
        await check();
        const item = await next.call(cursor);
        noted(item === undefined ? [] : [item]);
        return item;
      },
      _nextv: async (size: number) => (await check(), noted(await nextv.call(cursor, size))),
      _all: async (options: object) => (await check(), noted(await all.call(cursor, options))),
    });
  }
}

/** Removes the options of the batch, which abstract-level copies to each operation. */
function bareOperation(operation: Operation): Operation {
  const { key } = operation;
  return operation.type === 'put' ? { type: 'put', key, value: operation.value } : { type: 'del', key };
}
