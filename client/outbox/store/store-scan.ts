import { throwIfAborted } from '../../wait.ts';
import { including, numbersIn, type Ranges } from '../../ranges.ts';
import { fieldsOf, sizeOf, type SampleId } from '../stored-sample.ts';
import { limitsOf, segmentOf, type StoredRows } from '../segment.ts';
import { keyOf, parseKey, type BootRow, type SegmentRow, type Tables } from './tables.ts';

/** Number of rows per read. */
const CHUNK = 500;

/** A process start and the index of its samples in the store. */
export interface StoredBoot {
  readonly number: number;
  readonly id: string;
  /** In order. */
  readonly segments: readonly StoredSegment[];
}

export interface StoredSegment {
  readonly number: number;
  readonly row: SegmentRow;
  /** Whether the row is in the store; otherwise it was rebuilt from the samples, and may be empty. */
  readonly isIntact: boolean;
}

/** Content of a store according to its index. */
export interface StoredIndex {
  /** In order, including those without samples. */
  readonly boots: readonly StoredBoot[];
  /** Highest number of a process start anywhere in the store, because a repair may lose the counter. */
  readonly lastBoot: number;
  /** Samples missing from segments whose index row is lost. */
  readonly lost: readonly SampleId[];
  /** Whether further samples may be lost that cannot be determined. */
  readonly isIncomplete: boolean;
}

/**
 * Reads the index of a store, not its samples. After a repair, or if a part of the index is missing, it also searches for
 * samples that are not in the index.
 * @throws what the store throws; the reason of the signal.
 */
export async function scanStore(
  tables: Tables,
  { wasDamaged, signal }: { readonly wasDamaged: boolean; readonly signal: AbortSignal },
): Promise<StoredIndex> {
  const starts = new Map<number, BootRow | undefined>();
  for (const [key, row] of await tables.starts.iterator().all()) starts.set(Number(key), row);
  const found = new Map<number, Map<number, SegmentRow | undefined>>();
  const segmentsOf = (boot: number): Map<number, SegmentRow | undefined> => {
    const segments = found.get(boot) ?? new Map<number, SegmentRow | undefined>();
    found.set(boot, segments);
    return segments;
  };
  for (const [boot, row] of starts) {
    segmentsOf(boot);
    for (const number of numbersIn(row?.segments ?? [])) segmentsOf(boot).set(number, undefined);
  }
  for await (const [key, row] of rowsOf(() => tables.segments.iterator(), signal)) {
    const parsed = parseKey(key);
    if (parsed) segmentsOf(parsed.boot).set(parsed.number, row);
  }
  const isMissing = [...found.values()].some((segments) => [...segments.values()].includes(undefined));
  const isDamaged = wasDamaged || isMissing || [...starts.values()].includes(undefined);
  if (isDamaged) await addUnindexed(tables, segmentsOf, signal);

  const boots: StoredBoot[] = [];
  const lost: SampleId[] = [];
  let isIncomplete = wasDamaged;
  for (const number of [...found.keys()].sort((a, b) => a - b)) {
    const segments = segmentsOf(number);
    const id = starts.get(number)?.id ?? (await bootIdOf(tables, number, segments.keys())) ?? String(number);
    const numbers = [...segments.keys()].sort((a, b) => a - b);
    const indexed: StoredSegment[] = [];
    for (const segment of numbers) {
      const row = segments.get(segment);
      indexed.push({
        number: segment,
        row: row ?? (await rebuildRow(tables, number, segment)),
        isIntact: row !== undefined,
      });
    }
    for (const { number: segment, row } of indexed.filter(({ isIntact }) => !isIntact)) {
      const end = segment === numbers.at(-1) ? starts.get(number)?.last : limitsOf(segment)[1];
      const missing = missingFrom(row.present, segment, end);
      lost.push(...missing.map((seq) => ({ bootId: id, seq })));
      isIncomplete ||= end === undefined;
    }
    boots.push({ number, id, segments: indexed });
  }
  return {
    boots,
    lost,
    isIncomplete,
    lastBoot: await lastBootOf(tables, [...starts.keys(), ...found.keys()]),
  };
}

/** Reads the samples of one segment. @throws what the store throws. */
export async function readSegment({ samples }: Tables, boot: number, segment: number): Promise<StoredRows> {
  const [first, last] = limitsOf(segment);
  const entries = await samples.iterator({ gte: keyOf(boot, first), lte: keyOf(boot, last) }).all();
  return new Map(
    entries.flatMap(([key, sample]) => {
      const parsed = parseKey(key);
      return parsed ? [[parsed.number, sample] as const] : [];
    }),
  );
}

/** Adds segments that are not in the index, found by the keys of all samples. */
async function addUnindexed(
  { samples }: Tables,
  segmentsOf: (boot: number) => Map<number, SegmentRow | undefined>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = samples.keys();
  try {
    for (let keys = await iterator.nextv(CHUNK); keys.length > 0; keys = await iterator.nextv(CHUNK)) {
      throwIfAborted(signal);
      for (const key of keys) {
        const parsed = parseKey(key);
        if (!parsed) continue;
        const segments = segmentsOf(parsed.boot);
        const segment = segmentOf(parsed.number);
        if (!segments.has(segment)) segments.set(segment, undefined);
      }
    }
  } finally {
    await iterator.close();
  }
}

/** Rebuilds the row of a segment from its samples. */
async function rebuildRow(tables: Tables, boot: number, segment: number): Promise<SegmentRow> {
  let present: Ranges = [];
  let bytes = 0;
  for (const [seq, sample] of await readSegment(tables, boot, segment)) {
    // Damaged samples are announced when they are read.
    present = including(present, seq);
    bytes += sample ? sizeOf(sample) : 0;
  }
  return { present, bytes, oldestWallMs: 0 };
}

/** Finds the id of a process start in the payloads of its samples. */
async function bootIdOf(
  tables: Tables,
  boot: number,
  segments: Iterable<number>,
): Promise<string | undefined> {
  for (const segment of segments) {
    for (const sample of (await readSegment(tables, boot, segment)).values()) {
      const bootId = sample && fieldsOf(sample.payload)['boot_id'];
      if (typeof bootId === 'string') return bootId;
    }
  }
  return undefined;
}

/** Sequence numbers that are missing from a segment, up to `end`, which is unknown for an interrupted process. */
function missingFrom(present: Ranges, segment: number, end = present.at(-1)?.[1] ?? 0): number[] {
  const [first] = limitsOf(segment);
  const there = new Set(numbersIn(present));
  return [...numbersIn([[first, end]])].filter((seq) => !there.has(seq));
}

async function lastBootOf({ meta, aside }: Tables, mentioned: readonly number[]): Promise<number> {
  const [lastAside] = await aside.keys({ reverse: true, limit: 1 }).all();
  const asideBoot = lastAside === undefined ? 0 : (parseKey(lastAside)?.boot ?? 0);
  return Math.max((await meta.get('boot')) ?? 0, asideBoot, ...mentioned);
}

interface RowIterator<Value> {
  nextv(size: number): Promise<[string, Value][]>;
  close(): Promise<void>;
}

async function* rowsOf<Value>(
  begin: () => RowIterator<Value>,
  signal: AbortSignal,
): AsyncGenerator<[string, Value]> {
  const iterator = begin();
  try {
    for (let rows = await iterator.nextv(CHUNK); rows.length > 0; rows = await iterator.nextv(CHUNK)) {
      throwIfAborted(signal);
      yield* rows;
    }
  } finally {
    await iterator.close();
  }
}
