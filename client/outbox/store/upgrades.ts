import { throwIfAborted } from '../../wait.ts';
import { includes, including, type Ranges } from '../../ranges.ts';
import { fieldsOf, sizeOf, type StoredSample } from '../stored-sample.ts';
import { limitsOf, segmentOf } from '../segment.ts';
import {
  deleteFrom,
  keyOf,
  LAYOUT,
  parseKey,
  putInto,
  SYNCED,
  type Batch,
  type BootRow,
  type SegmentRow,
  type Store,
  type Table,
  type Tables,
} from './tables.ts';

/** Number of samples per read. */
const CHUNK = 500;

/** Adds the last changes of an upgrade to its final batch. */
type Finish = (batch: Batch) => void;
type Upgrade = (tables: Tables, signal: AbortSignal) => Promise<Finish>;

/** Upgrades from layout 0 to 1, and so on up to `LAYOUT`; each can be repeated after an interruption at any point. */
const UPGRADES: readonly Upgrade[] = [wrapPayloads, indexSamples];

/** Thrown for a store that a later version of the client has written. */
export class NewerStoreError extends Error {
  override readonly name = 'NewerStoreError';
}

/**
 * Upgrades a store to the current layout.
 * @throws NewerStoreError for a later layout; what the store throws; the reason of the signal.
 */
export async function upgradeStore(tables: Tables, signal: AbortSignal): Promise<void> {
  // Neither a store of the first version nor a new one has a version.
  const version = (await tables.meta.get('version')) ?? 0;
  if (version > LAYOUT) {
    throw new NewerStoreError(
      `store layout ${version} is newer than ${LAYOUT}, the latest that this version supports`,
    );
  }
  for (let next = version; next < LAYOUT; next++) {
    const finish = await UPGRADES[next]?.(tables, signal);
    const batch = tables.store.batch();
    finish?.(batch);
    putInto(batch, tables.meta, 'version', next + 1);
    await batch.write(SYNCED);
  }
}

/**
 * Upgrades layout 0, which had plain payloads in a separate table, and no ids of process starts. Payloads without the
 * expected fields are kept, because they can still be published unchanged.
 */
async function wrapPayloads(tables: Tables, signal: AbortSignal): Promise<Finish> {
  const bare = tables.store.sublevel('samples', { valueEncoding: 'utf8' });
  const names = bootIdsIn(tables.store);
  for (;;) {
    throwIfAborted(signal);
    const chunk = await bare.iterator({ limit: CHUNK }).all();
    if (chunk.length === 0) return () => undefined;
    const batch = tables.store.batch();
    for (const [key, payload] of chunk) {
      const { boot_id: bootId, timestamp, clock_synced: clockSynced } = fieldsOf(payload);
      const wallMs = Date.parse(String(timestamp));
      const sample: StoredSample = Number.isNaN(wallMs)
        ? { payload, atMs: 0, wallMs: 0, clockSynced: false }
        : { payload, atMs: 0, wallMs, clockSynced: clockSynced === true };
      putInto(batch, tables.samples, key, sample);
      deleteFrom(batch, bare, key);
      const parsed = parseKey(key);
      if (parsed && typeof bootId === 'string') putInto(batch, names, String(parsed.boot), bootId);
    }
    await batch.write();
  }
}

/** Upgrades layout 1, which had no index, so that every start read all samples. Resumes after the last indexed segment. */
async function indexSamples(tables: Tables, signal: AbortSignal): Promise<Finish> {
  const { store, samples, segments, starts } = tables;
  const indexed = new Map<number, Ranges>();
  const keys = await segments.keys().all();
  for (const key of keys) noteSegment(indexed, key);
  const last = keys.at(-1);
  const resume = last === undefined ? undefined : parseKey(last);
  let rows = new Map<string, SegmentRow>();
  // The segment may be complete: the version of a damaged store is unknown.
  const partial = last === undefined ? undefined : await segments.get(last);
  if (last !== undefined && partial) rows.set(last, partial);
  const iterator = samples.iterator(resume ? { gte: keyOf(resume.boot, limitsOf(resume.number)[0]) } : {});
  try {
    for (let chunk = await iterator.nextv(CHUNK); chunk.length > 0; chunk = await iterator.nextv(CHUNK)) {
      throwIfAborted(signal);
      const batch = store.batch();
      for (const [key, sample] of chunk) {
        const parsed = parseKey(key);
        if (!parsed) {
          deleteFrom(batch, samples, key);
          continue;
        }
        const segment = keyOf(parsed.boot, segmentOf(parsed.number));
        rows.set(segment, withSample(rows.get(segment), parsed.number, sample));
      }
      for (const [key, row] of rows) putInto(batch, segments, key, row);
      for (const key of rows.keys()) noteSegment(indexed, key);
      // The last segment may continue in the next chunk.
      rows = new Map([...rows].slice(-1));
      await batch.write();
    }
  } finally {
    await iterator.close();
  }
  const names = bootIdsIn(store);
  const rowsOfStarts = await Promise.all(
    [...indexed].map(async ([boot, numbers]): Promise<[string, BootRow]> => {
      const id = (await starts.get(String(boot)))?.id ?? (await names.get(String(boot))) ?? String(boot);
      return [String(boot), { id, segments: numbers }];
    }),
  );
  const oldNames = await names.keys().all();
  return (batch) => {
    for (const [boot, row] of rowsOfStarts) putInto(batch, starts, boot, row);
    for (const key of oldNames) deleteFrom(batch, names, key);
    deleteFrom(batch, tables.meta, 'change');
  };
}

/** Adds a sample to a row; damaged samples are included, to be announced as lost when they are read. */
function withSample(row: SegmentRow | undefined, seq: number, sample: StoredSample | undefined): SegmentRow {
  const { present, bytes, oldestWallMs } = row ?? { present: [], bytes: 0 };
  if (row && includes(present, seq)) return row;
  const wallMs = sample?.clockSynced ? sample.wallMs : Infinity;
  const oldest = Math.min(oldestWallMs ?? Infinity, wallMs);
  return {
    present: including(present, seq),
    bytes: bytes + (sample ? sizeOf(sample) : 0),
    oldestWallMs: Number.isFinite(oldest) ? oldest : undefined,
  };
}

function noteSegment(indexed: Map<number, Ranges>, key: string): void {
  const parsed = parseKey(key);
  if (parsed) indexed.set(parsed.boot, including(indexed.get(parsed.boot) ?? [], parsed.number));
}

/** Table of the ids of process starts in layout 1. */
function bootIdsIn(store: Store): Table<string> {
  return store.sublevel('boots', { valueEncoding: 'json' });
}
