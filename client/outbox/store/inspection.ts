import { ClientError } from '../../errors.ts';
import { throwIfAborted } from '../../wait.ts';
import { sizeOf, type DropReason, type StoredSample } from '../stored-sample.ts';
import type { StoreProvider } from './store-provider.ts';
import { tablesOf, type Tables } from './tables.ts';
import { upgradeStore } from './upgrades.ts';

export interface OutboxStatus {
  readonly count: number;
  /** Total size of the payloads. */
  readonly bytes: number;
  /** Times of the oldest and the newest sample, by the wall clock of their creation; ISO 8601 in UTC. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
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
  /** The undelivered or the quarantined samples, oldest first. */
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
    if (!stores.exists(path)) throw new Error(`There is no store at ${path}`);
    return await openCopy(stores, path, signal);
  } catch (cause) {
    throwIfAborted(signal);
    throw new ClientError('config', `Cannot read an outbox at ${path}: check [outbox] path, or --path.`, {
      cause,
    });
  }
}

async function openCopy(stores: StoreProvider, path: string, signal: AbortSignal): Promise<StoredOutbox> {
  const copy = stores.copy(path);
  try {
    // A damaged store is repaired in the copy only.
    const tables = await openTables(stores, copy.path, signal).catch(async () => {
      throwIfAborted(signal);
      await stores.repair(copy.path);
      return await openTables(stores, copy.path, signal);
    });
    return {
      status: async () => ({
        ...(await statusOf(tables, signal)),
        storesAside: stores.asideOf(path),
      }),
      payloads: async function* (aside) {
        for await (const { payload } of samplesOf(aside ? tables.aside : tables.samples, signal))
          yield payload;
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

async function statusOf(
  { samples, aside, totals }: Tables,
  signal: AbortSignal,
): Promise<Omit<OutboxStatus, 'storesAside'>> {
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
  const quarantined = await aside.keys().all();
  const dropped = Object.fromEntries(await totals.iterator().all());
  return { count, bytes, oldest, newest, aside: quarantined.length, dropped };
}

async function* samplesOf(table: Tables['samples'], signal: AbortSignal): AsyncGenerator<StoredSample> {
  for await (const sample of table.values()) {
    throwIfAborted(signal);
    if (sample) yield sample;
  }
}
