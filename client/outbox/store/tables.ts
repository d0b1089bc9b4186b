import type { AbstractChainedBatch, AbstractLevel, AbstractSublevel } from 'abstract-level';
import type { Ranges } from '../../ranges.ts';
import { checkedJson, SAMPLE_ENCODING, type DroppedRange, type StoredSample } from '../stored-sample.ts';

/** Any abstract-level store: classic-level on disk, memory-level in tests. */
export type Store = AbstractLevel<string | Buffer | Uint8Array>;

/** Changes of several tables that are applied atomically. */
export type Batch = AbstractChainedBatch<Store, string, string>;

/** A part of a store with its own key space. */
export type Table<Value> = AbstractSublevel<Store, string | Buffer | Uint8Array, string, Value>;

/** Row of a process start that has samples in the store. */
export interface BootRow {
  readonly id: string;
  /** Numbers of the segments with its samples, to detect segments lost by damage. */
  readonly segments: Ranges;
  /** The last sequence number, once the process has ended. */
  readonly last?: number | undefined;
}

/** Row of a segment: index of its samples. */
export interface SegmentRow {
  /** Sequence numbers of its samples. */
  readonly present: Ranges;
  /** Total size of the payloads. */
  readonly bytes: number;
  /** Oldest wall-clock time that was synchronised; undefined if there is none. */
  readonly oldestWallMs?: number | undefined;
}

/** The tables of a store. */
export interface Tables {
  readonly store: Store;
  /** `version` of the layout; `boot`, the number of the latest process start; `damages`, see `DropLedger.damages`. */
  readonly meta: Table<number>;
  /** By number of the process start. */
  readonly starts: Table<BootRow | undefined>;
  /** By process start and segment; see `keyOf`. */
  readonly segments: Table<SegmentRow | undefined>;
  /** By process start and sequence number; a damaged one reads as undefined. */
  readonly samples: Table<StoredSample | undefined>;
  /** Quarantined samples. */
  readonly aside: Table<StoredSample | undefined>;
  /** Dropped ranges: those not announced yet, and the newest announced ones. */
  readonly drops: Table<DroppedRange>;
  /** Number of samples dropped since the outbox was created, by reason. */
  readonly totals: Table<number>;
}

/** Version of the table layout. */
export const LAYOUT = 2;

/** Options of a write that is synced to disk before it completes; ignored by a store in memory. */
export const SYNCED: object = { sync: true };
/** Options of a write that reaches the disk with the next synced write. */
export const UNSYNCED: object = { sync: false };

const JSON_VALUES = { valueEncoding: 'json' } as const;
const SAMPLE_VALUES = { valueEncoding: SAMPLE_ENCODING } as const;

/** Returns the tables of an open store. */
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
 * Puts a value into a table, under its full key and encoded: abstract-level's `sublevel` option takes twenty times as
 * long, and leaks memory.
 */
export function putInto<Value>(batch: Batch, table: Table<Value>, key: string, value: Value): void {
  batch.put(table.prefixKey(key, 'utf8'), String(table.valueEncoding().encode(value)));
}

/** Deletes a value from a table; see `putInto`. */
export function deleteFrom<Value>(batch: Batch, table: Table<Value>, key: string): void {
  batch.del(table.prefixKey(key, 'utf8'));
}

const DIGITS = 10;
const KEY = new RegExp(`^(\\d{${DIGITS}})/(\\d{${DIGITS}})$`);

/** Returns the key of a sample or a segment, which sorts by process start, then by number. */
export function keyOf(boot: number, number: number): string {
  return `${String(boot).padStart(DIGITS, '0')}/${String(number).padStart(DIGITS, '0')}`;
}

/** Parses a key of `keyOf`; returns undefined if it is damaged. */
export function parseKey(key: string): { readonly boot: number; readonly number: number } | undefined {
  const [, boot, number] = KEY.exec(key) ?? [];
  return boot === undefined || number === undefined
    ? undefined
    : { boot: Number(boot), number: Number(number) };
}
