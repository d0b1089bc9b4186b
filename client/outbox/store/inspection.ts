import { ClientError } from '../../errors.ts';
import { incompleteOutput } from '../../process-output.ts';
import { countOf } from '../../ranges.ts';
import { throwIfAborted } from '../../wait.ts';
import { sizeOf, type DropReason, type StoredSample } from '../stored-sample.ts';
import { noOutbox, unreadableOutbox } from './inspection-errors.ts';
import type { StoreProvider } from './store-provider.ts';
import { scanStore } from './store-scan.ts';
import { tablesOf, type Tables } from './tables.ts';
import { upgradeStore } from './upgrades.ts';

export interface OutboxStatus {
  readonly count: number;
  /** Total size of the payloads. */
  readonly bytes: number;
  /** Times of the oldest and the newest sample, by the wall clock of their creation; ISO 8601 in UTC. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** Number of undelivered samples that are damaged or missing. */
  readonly unreadable: number;
  /** Number of quarantined samples. */
  readonly aside: number;
  /** Number of samples dropped since the outbox was created, by reason. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
  /** Paths of damaged stores that were set aside. */
  readonly storesAside: readonly string[];
}

/** Read-only view of an outbox that no client has open. */
export interface StoredOutbox {
  status(): Promise<OutboxStatus>;
  /**
   * The undelivered or the quarantined samples, oldest first.
   * @throws ClientError `output` after the last one, if some are damaged or missing.
   */
  payloads(aside: boolean): AsyncIterable<string>;
  close(): Promise<void>;
}

/**
 * Reads the outbox at `path` without writing to it, because it may belong to another user.
 * @param signal aborts this and all later reads.
 * @throws ClientError `already_running` while a client has it open; `config` if there is none; the reason of the signal.
 */
export async function inspectOutbox(
  stores: StoreProvider,
  path: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<StoredOutbox> {
  if (stores.isOpen(path) === true) {
    throw new ClientError(
      'already_running',
      `A running client has the outbox ${path} open: stop it first, or read <base_topic>/health.`,
    );
  }
  try {
    if (stores.exists(path)) return await openCopy(stores, path, signal);
  } catch (cause) {
    throwIfAborted(signal);
    throw unreadableOutbox(path, cause);
  }
  throw noOutbox(path);
}

async function openCopy(stores: StoreProvider, path: string, signal: AbortSignal): Promise<StoredOutbox> {
  const copy = stores.copy(path);
  try {
    let isRepaired = false;
    // A damaged store is repaired in the copy only.
    const tables = await openTables(stores, copy.path, signal).catch(async () => {
      throwIfAborted(signal);
      await stores.repair(copy.path);
      isRepaired = true;
      return await openTables(stores, copy.path, signal);
    });
    return {
      status: async () => ({
        ...(await statusOf(tables, signal)),
        storesAside: stores.asideOf(path),
      }),
      payloads: async function* (aside) {
        let readable = 0;
        for await (const { payload } of samplesOf(aside ? tables.aside : tables.samples, signal)) {
          readable += 1;
          yield payload;
        }
        const expected = aside ? await quarantinedCount(tables) : await undeliveredCount(tables, signal);
        if (expected > readable) throw unreadable(expected - readable);
        if (isRepaired) throw incompleteOutput('the store is damaged, and further samples may be missing');
      },
      close: async () => {
        await tables.store.close();
        copy.remove();
      },
    };
  } catch (error) {
    copy.remove();
    throw error;
  }
}

async function openTables(stores: StoreProvider, path: string, signal: AbortSignal): Promise<Tables> {
  const store = stores.create(path);
  try {
    await store.open();
    const tables = tablesOf(store);
    await upgradeStore(tables, signal);
    return tables;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function statusOf(tables: Tables, signal: AbortSignal): Promise<Omit<OutboxStatus, 'storesAside'>> {
  const { samples, totals } = tables;
  let count = 0;
  let bytes = 0;
  let oldest: string | undefined;
  let newest: string | undefined;
  for await (const sample of samplesOf(samples, signal)) {
    newest = new Date(sample.wallMs).toISOString();
    oldest ??= newest;
    count += 1;
    bytes += sizeOf(sample);
  }
  const dropped = Object.fromEntries(await totals.iterator().all());
  const unreadable = Math.max(0, (await undeliveredCount(tables, signal)) - count);
  return { count, bytes, oldest, newest, unreadable, aside: await quarantinedCount(tables), dropped };
}

/** Number of undelivered samples according to the index, and to their keys if a part of it is missing. */
async function undeliveredCount(tables: Tables, signal: AbortSignal): Promise<number> {
  const { boots, lost } = await scanStore(tables, { wasDamaged: false, signal });
  const rows = boots.flatMap(({ segments }) => segments.map(({ row }) => countOf(row.present)));
  return rows.reduce((sum, count) => sum + count, lost.length);
}

async function quarantinedCount({ aside }: Tables): Promise<number> {
  return (await aside.keys().all()).length;
}

function unreadable(count: number): ClientError {
  const what = count === 1 ? '1 sample is' : `${count} samples are`;
  return incompleteOutput(`${what} damaged or missing in the outbox`);
}

async function* samplesOf(table: Tables['samples'], signal: AbortSignal): AsyncGenerator<StoredSample> {
  // Not its values: a damaged one, which reads as undefined, would end the iteration.
  for await (const [, sample] of table.iterator()) {
    throwIfAborted(signal);
    if (sample) yield sample;
  }
}
