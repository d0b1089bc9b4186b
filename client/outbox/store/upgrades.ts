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

/** Number of samples that are read at once. */
const CHUNK = 500;

/** Puts the last changes of an upgrade into the batch that ends it. */
type Finish = (batch: Batch) => void;
type Upgrade = (tables: Tables, signal: AbortSignal) => Promise<Finish>;

/** From layout 0 to 1, and so on up to `LAYOUT`; each may be interrupted at any instant, and is then done again. */
const UPGRADES: readonly Upgrade[] = [wrapPayloads, indexSamples];

/** A store that a later version of the client has written. */
export class NewerStoreError extends Error {
  override readonly name = 'NewerStoreError';
}

/**
 * Brings a store up to the current layout.
 * @throws NewerStoreError for a layout that only a later version knows; what the store throws; the reason of the signal.
 */
export async function upgradeStore(tables: Tables, signal: AbortSignal): Promise<void> {
  // Those of the first version have none; neither has a new one.
  const version = (await tables.meta.get('version')) ?? 0;
  if (version > LAYOUT) {
    throw new NewerStoreError(`layout ${version} is newer than the ${LAYOUT} that this version knows`);
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
 * Layout 0 kept bare payloads in a table of its own, and no names of process starts. A payload is published as it is, so
 * that one without the expected fields is no reason to lose it.
 */
async function wrapPayloads(tables: Tables, signal: AbortSignal): Promise<Finish> {
  const bare = tables.store.sublevel('samples', { valueEncoding: 'utf8' });
  const names = namesIn(tables.store);
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
      const place = parseKey(key);
      if (place && typeof bootId === 'string') putInto(batch, names, String(place.boot), bootId);
    }
    await batch.write();
  }
}

/** Layout 1 kept no index: a start had to read all samples. Those that are indexed already are not read again. */
async function indexSamples(tables: Tables, signal: AbortSignal): Promise<Finish> {
  const { store, samples, segments, starts } = tables;
  const indexed = new Map<number, Ranges>();
  const keys = await segments.keys().all();
  for (const key of keys) noteSegment(indexed, key);
  const last = keys.at(-1);
  const resume = last === undefined ? undefined : parseKey(last);
  let rows = new Map<string, SegmentRow>();
  // It may be complete: of a damaged store nobody knows the version.
  const begun = last === undefined ? undefined : await segments.get(last);
  if (last !== undefined && begun) rows.set(last, begun);
  const iterator = samples.iterator(resume ? { gte: keyOf(resume.boot, limitsOf(resume.number)[0]) } : {});
  try {
    for (let chunk = await iterator.nextv(CHUNK); chunk.length > 0; chunk = await iterator.nextv(CHUNK)) {
      throwIfAborted(signal);
      const batch = store.batch();
      for (const [key, sample] of chunk) {
        const place = parseKey(key);
        if (!place) {
          deleteFrom(batch, samples, key);
          continue;
        }
        const segment = keyOf(place.boot, segmentOf(place.number));
        rows.set(segment, withSample(rows.get(segment), place.number, sample));
      }
      for (const [key, row] of rows) putInto(batch, segments, key, row);
      for (const key of rows.keys()) noteSegment(indexed, key);
      // The last one goes on in the next chunk.
      rows = new Map([...rows].slice(-1));
      await batch.write();
    }
  } finally {
    await iterator.close();
  }
  const names = namesIn(store);
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

/** A damaged sample is indexed as well: it is announced as lost when it is read. */
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
  const place = parseKey(key);
  if (place) indexed.set(place.boot, including(indexed.get(place.boot) ?? [], place.number));
}

/** Layout 1 kept the names of process starts in a table of their own. */
function namesIn(store: Store): Table<string> {
  return store.sublevel('boots', { valueEncoding: 'json' });
}
