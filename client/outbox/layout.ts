import type { AbstractChainedBatch, AbstractLevel, AbstractSublevel } from 'abstract-level';
import type { StoredSample } from './entry.ts';
import type { DroppedRange } from './ledger.ts';
import { SAMPLE_ENCODING } from './sample-encoding.ts';
import { UPGRADES } from './upgrades.ts';

/** Changes of several tables that happen together or not at all. */
export type Batch = AbstractChainedBatch<Store, string, string>;

/** Any store of the abstract-level family: classic-level on disk, memory-level in a world. */
export type Store = AbstractLevel<string | Buffer | Uint8Array>;

/** A part of a store with keys of its own. */
type Table<Value> = AbstractSublevel<Store, string | Buffer | Uint8Array, string, Value>;

/** The tables of a store. */
export interface Layout {
  readonly store: Store;
  /** `version` of this layout; `boot` and `change`, the numbers of the latest process start and change. */
  readonly meta: Table<number>;
  /** The names of the process starts that have left samples behind, and of the latest one, by number. */
  readonly boots: Table<string>;
  readonly samples: Table<StoredSample>;
  /** Samples that no broker takes. */
  readonly aside: Table<StoredSample>;
  /** Dropped ranges: those that have not been announced yet, and the newest of those that have. */
  readonly drops: Table<DroppedRange>;
  /** How many samples were ever dropped, by reason. */
  readonly totals: Table<number>;
}

/** Options of a write that is on disk before it counts as written; a store without a disk does not care. */
export const SYNCED: object = { sync: true };
/** Of one that the next synced write takes along to the disk. */
export const UNSYNCED: object = { sync: false };

/**
 * Puts a value into a table, under its full key and encoded: abstract-level's own option `sublevel` costs twenty times as
 * much, and memory that stays.
 */
export function putInto<Value>(batch: Batch, table: Table<Value>, key: string, value: Value): void {
  batch.put(table.prefixKey(key, 'utf8'), String(table.valueEncoding().encode(value)));
}

/** Deletes a value of a table, likewise. */
export function deleteFrom<Value>(batch: Batch, table: Table<Value>, key: string): void {
  batch.del(table.prefixKey(key, 'utf8'));
}

const JSON_VALUES = { valueEncoding: 'json' } as const;
const SAMPLE_VALUES = { valueEncoding: SAMPLE_ENCODING } as const;

/** A store that a later version of the client has written. */
export class NewerStoreError extends Error {
  override readonly name = 'NewerStoreError';
}

/**
 * The tables of an opened store, brought up to the current layout.
 * @throws NewerStoreError for a layout that only a later version knows; what the store throws.
 */
export async function openLayout(store: Store): Promise<Layout> {
  const layout: Layout = {
    store,
    meta: store.sublevel<string, number>('meta', JSON_VALUES),
    boots: store.sublevel('boots', JSON_VALUES),
    samples: store.sublevel<string, StoredSample>('journal', SAMPLE_VALUES),
    aside: store.sublevel<string, StoredSample>('aside', SAMPLE_VALUES),
    drops: store.sublevel<string, DroppedRange>('drops', JSON_VALUES),
    totals: store.sublevel<string, number>('totals', JSON_VALUES),
  };
  const current = UPGRADES.length;
  const version = (await layout.meta.get('version')) ?? 0;
  if (version > current) {
    throw new NewerStoreError(`layout ${version} is newer than the ${current} that this version knows`);
  }
  if (version < current) {
    for (const upgrade of UPGRADES.slice(version)) await upgrade(layout);
    await layout.meta.put('version', current, SYNCED);
  }
  return layout;
}
