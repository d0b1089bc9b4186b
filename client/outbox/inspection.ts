import { ClientError } from '../errors.ts';
import { DropLedger, type DropTotals } from './drop-ledger.ts';
import { sizeOf } from './stored-sample.ts';
import type { StoreProvider } from './store/store-provider.ts';
import { tablesOf, type Tables } from './store/tables.ts';
import { upgradeStore } from './store/upgrades.ts';

export interface OutboxStatus {
  readonly count: number;
  /** Total size of the payloads. */
  readonly bytes: number;
  /** Times of the oldest and the newest sample, by the wall clock of their creation; ISO 8601 in UTC. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** Number of quarantined samples. */
  readonly aside: number;
  readonly dropped: DropTotals;
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
 * @throws ClientError `already_running` while a client has it open; `config` if there is none.
 */
export async function inspectOutbox(stores: StoreProvider, path: string): Promise<StoredOutbox> {
  if (stores.isOpen(path) === true) {
    throw new ClientError(
      'already_running',
      `A running client has the outbox ${path} open: stop it first, or read <base_topic>/health.`,
    );
  }
  try {
    if (!stores.exists(path)) throw new Error(`There is no store at ${path}`);
    return await openCopy(stores, path);
  } catch (cause) {
    throw new ClientError('config', `Cannot read an outbox at ${path}: check [outbox] path, or --path.`, {
      cause,
    });
  }
}

async function openCopy(stores: StoreProvider, path: string): Promise<StoredOutbox> {
  const copy = stores.copy(path);
  try {
    // A damaged store is repaired in the copy only.
    const tables = await openTables(stores, copy.path).catch(async () => {
      await stores.repair(copy.path);
      return await openTables(stores, copy.path);
    });
    const ledger = new DropLedger();
    await ledger.attach(tables);
    return {
      status: () => statusOf(tables, ledger, stores.asideOf(path)),
      payloads: (aside) => payloadsOf(aside ? tables.aside : tables.samples),
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

async function openTables(stores: StoreProvider, path: string): Promise<Tables> {
  const store = stores.create(path);
  try {
    await store.open();
    const tables = tablesOf(store);
    await upgradeStore(tables, new AbortController().signal);
    return tables;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function statusOf(
  { samples, aside }: Tables,
  { totals }: DropLedger,
  storesAside: readonly string[],
): Promise<OutboxStatus> {
  let count = 0;
  let bytes = 0;
  let oldest: string | undefined;
  let newest: string | undefined;
  for await (const sample of samples.values()) {
    if (!sample) continue;
    newest = new Date(sample.wallMs).toISOString();
    oldest ??= newest;
    count += 1;
    bytes += sizeOf(sample);
  }
  const quarantined = (await aside.keys().all()).length;
  return { count, bytes, oldest, newest, aside: quarantined, dropped: totals, storesAside };
}

async function* payloadsOf(table: Tables['samples']): AsyncGenerator<string> {
  for await (const sample of table.values()) if (sample) yield sample.payload;
}
