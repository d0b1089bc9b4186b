import type { AbstractChainedBatch, AbstractLevel, AbstractSublevel } from 'abstract-level';
import type { Ranges } from '../../ranges.ts';
import { checkedJson, SAMPLE_ENCODING, type DroppedRange, type StoredSample } from '../stored-sample.ts';

/** Any store of the abstract-level family: classic-level on disk, memory-level in a world. */
export type Store = AbstractLevel<string | Buffer | Uint8Array>;

/** Changes of several tables that happen together or not at all. */
export type Batch = AbstractChainedBatch<Store, string, string>;

/** A part of a store with keys of its own. */
export type Table<Value> = AbstractSublevel<Store, string | Buffer | Uint8Array, string, Value>;

/** What is known of a process start that has samples in the store. */
export interface BootRow {
  readonly id: string;
  /** Numbers of the segments that hold its samples: what damage has taken is missing from them. */
  readonly segments: Ranges;
  /** The last sequence number, once there are no more to come. */
  readonly last?: number | undefined;
}

/** What is known of a segment without reading its samples. */
export interface SegmentRow {
  /** Sequence numbers of its samples. */
  readonly present: Ranges;
  /** Of their payloads. */
  readonly bytes: number;
  /** The oldest wall clock that was known to be right; undefined if there is none. */
  readonly oldestWallMs?: number | undefined;
}

/** The tables of a store. */
export interface Tables {
  readonly store: Store;
  /** `version` of this layout; `boot`, the number of the latest process start; `damages`, see `DropLedger.damages`. */
  readonly meta: Table<number>;
  /** By number of the process start. */
  readonly starts: Table<BootRow | undefined>;
  /** By process start and segment; see `keyOf`. */
  readonly segments: Table<SegmentRow | undefined>;
  /** By process start and sequence number; a damaged one reads as undefined. */
  readonly samples: Table<StoredSample | undefined>;
  /** Quarantined samples. */
  readonly aside: Table<StoredSample | undefined>;
  /** Dropped ranges: those that have not been announced yet, and the newest of those that have. */
  readonly drops: Table<DroppedRange>;
  /** Number of samples that were ever dropped, by reason. */
  readonly totals: Table<number>;
}

/** The version of these tables. */
export const LAYOUT = 2;

/** Options of a write that is on disk before it counts as written; a store without a disk ignores them. */
export const SYNCED: object = { sync: true };
/** Of one that reaches the disk with the next synced write. */
export const UNSYNCED: object = { sync: false };

const JSON_VALUES = { valueEncoding: 'json' } as const;
const SAMPLE_VALUES = { valueEncoding: SAMPLE_ENCODING } as const;

/** The tables of an opened store. */
export function tablesOf(store: Store): Tables {
  return {
    store,
    meta: store.sublevel<string, number>('meta', JSON_VALUES),
    starts: store.sublevel<string, BootRow | undefined>('starts', {
      valueEncoding: checkedJson<BootRow>('start'),
    }),
    segments: store.sublevel<string, SegmentRow | undefined>('segments', {
      valueEncoding: checkedJson<SegmentRow>('segment'),
    }),
    samples: store.sublevel<string, StoredSample | undefined>('journal', SAMPLE_VALUES),
    aside: store.sublevel<string, StoredSample | undefined>('aside', SAMPLE_VALUES),
    drops: store.sublevel<string, DroppedRange>('drops', JSON_VALUES),
    totals: store.sublevel<string, number>('totals', JSON_VALUES),
  };
}

/**
 * Puts a value into a table, under its full key and encoded: abstract-level's own option `sublevel` takes twenty times as
 * long, and memory that is never freed.
 */
export function putInto<Value>(batch: Batch, table: Table<Value>, key: string, value: Value): void {
  batch.put(table.prefixKey(key, 'utf8'), String(table.valueEncoding().encode(value)));
}

/** Deletes a value of a table, likewise. */
export function deleteFrom<Value>(batch: Batch, table: Table<Value>, key: string): void {
  batch.del(table.prefixKey(key, 'utf8'));
}

const DIGITS = 10;
const KEY = new RegExp(`^(\\d{${DIGITS}})/(\\d{${DIGITS}})$`);

/** The key of a sample or a segment: sorts by process start, then by number. */
export function keyOf(boot: number, number: number): string {
  return `${String(boot).padStart(DIGITS, '0')}/${String(number).padStart(DIGITS, '0')}`;
}

/** What a key stands for; undefined if it is damaged. */
export function parseKey(key: string): { readonly boot: number; readonly number: number } | undefined {
  const [, boot, number] = KEY.exec(key) ?? [];
  return boot === undefined || number === undefined
    ? undefined
    : { boot: Number(boot), number: Number(number) };
}
