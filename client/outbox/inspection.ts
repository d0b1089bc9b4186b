import { ClientError } from '../errors.ts';
import { DropLedger, type DropTotals } from './drop-ledger.ts';
import { sizeOf } from './stored-sample.ts';
import type { StoreProvider } from './store/store-provider.ts';
import { tablesOf, type Tables } from './store/tables.ts';
import { upgradeStore } from './store/upgrades.ts';

export interface OutboxStatus {
  readonly count: number;
  /** Of payloads. */
  readonly bytes: number;
  /** When the first and the last of them were taken, by the clock of the time; ISO 8601 in UTC. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** Quarantined samples. */
  readonly aside: number;
  readonly dropped: DropTotals;
  /** Paths of stores that were set aside because they were damaged. */
  readonly storesAside: readonly string[];
}

/** An outbox that no client has open. */
export interface StoredOutbox {
  status(): Promise<OutboxStatus>;
  /** The waiting samples, or those in quarantine, oldest first. */
  payloads(aside: boolean): AsyncIterable<string>;
  close(): Promise<void>;
}

/**
 * Reads the outbox at `path` without writing into it: whoever inspects it may be another user than the client.
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
    throw new ClientError(
      'config',
      `There is no outbox at ${path} that can be read: check [outbox] path, or --path.`,
      { cause },
    );
  }
}

async function openCopy(stores: StoreProvider, path: string): Promise<StoredOutbox> {
  const copy = stores.copy(path);
  try {
    // What is damaged can be repaired in the copy.
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
