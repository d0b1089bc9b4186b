import type { AbstractChainedBatch, AbstractLevel, AbstractSublevel } from 'abstract-level';
import type { StoredSample } from './entry.ts';
import type { DroppedRange } from './ledger.ts';

/** Changes of several tables that happen together or not at all. */
export type Batch = AbstractChainedBatch<Store, string, string>;

/** Any store of the abstract-level family: classic-level on disk, memory-level in a world. */
export type Store = AbstractLevel<string | Buffer | Uint8Array>;

type Table<Value> = AbstractSublevel<Store, string | Buffer | Uint8Array, string, Value>;

/** The tables of a store. */
export interface Layout {
  readonly store: Store;
  /** `version` of this layout, and `boot`, the number of the latest process start. */
  readonly meta: Table<number>;
  /** The name of each process start, by number. */
  readonly boots: Table<string>;
  readonly samples: Table<StoredSample>;
  /** Samples that no broker takes. */
  readonly aside: Table<StoredSample>;
  /** Dropped ranges that have not been announced yet. */
  readonly drops: Table<DroppedRange>;
  /** How many samples were ever dropped, by reason. */
  readonly totals: Table<number>;
}

/** On disk before it counts as written; a store without a disk does not care. */
export const SYNCED: object = { sync: true };

const JSON_VALUES = { valueEncoding: 'json' } as const;
const CURRENT_VERSION = 1;

/** A store that a later version of the client has written. */
export class NewerStoreError extends Error {
  override readonly name = 'NewerStoreError';
}

/**
 * The tables of an opened store, brought up to the current layout.
 * @throws NewerStoreError for a layout that only a later version knows.
 */
export async function openLayout(store: Store): Promise<Layout> {
  const layout: Layout = {
    store,
    meta: store.sublevel<string, number>('meta', JSON_VALUES),
    boots: store.sublevel('boots', JSON_VALUES),
    samples: store.sublevel<string, StoredSample>('journal', JSON_VALUES),
    aside: store.sublevel<string, StoredSample>('aside', JSON_VALUES),
    drops: store.sublevel<string, DroppedRange>('drops', JSON_VALUES),
    totals: store.sublevel<string, number>('totals', JSON_VALUES),
  };
  const version = (await layout.meta.get('version')) ?? 0;
  if (version > CURRENT_VERSION) {
    throw new NewerStoreError(
      `layout ${version} is newer than the ${CURRENT_VERSION} that this version knows`,
    );
  }
  for (const upgrade of UPGRADES.slice(version)) await upgrade(layout);
  await layout.meta.put('version', CURRENT_VERSION);
  return layout;
}

/** From version 0 to 1, and so on; each may be cut short at any instant and is then done again. */
const UPGRADES: readonly ((layout: Layout) => Promise<void>)[] = [wrapPayloads];

/** Version 0 kept bare payloads in a table of its own, and no names of process starts. */
async function wrapPayloads(layout: Layout): Promise<void> {
  const bare = layout.store.sublevel('samples', { valueEncoding: 'utf8' });
  for await (const [key, payload] of bare.iterator()) {
    const { boot_id: bootId, timestamp, clock_synced: clockSynced } = JSON.parse(payload) as EarlierPayload;
    const sample = { payload, atMs: 0, wallMs: Date.parse(timestamp), clockSynced };
    const boot = String(Number(key.split('/')[0]));
    await layout.store
      .batch()
      .put(key, sample, { sublevel: layout.samples })
      .put(boot, bootId, { sublevel: layout.boots })
      .del(key, { sublevel: bare })
      .write(SYNCED);
  }
}

interface EarlierPayload {
  readonly boot_id: string;
  readonly timestamp: string;
  readonly clock_synced: boolean;
}
