import { ClientError } from '../errors.ts';
import { sizeOf } from './entry.ts';
import { openLayout, type Layout, type Store } from './layout.ts';
import { Ledger, type DropTotals } from './ledger.ts';
import type { StoreRoom } from './open.ts';

export interface OutboxStatus {
  readonly count: number;
  /** Of payloads. */
  readonly bytes: number;
  /** When the first and the last of them were taken, by the clock of the time; ISO 8601 in UTC. */
  readonly oldest: string | undefined;
  readonly newest: string | undefined;
  /** Samples that no broker took. */
  readonly aside: number;
  readonly dropped: DropTotals;
}

/** An outbox that nobody fills or drains just now. */
export interface StoredOutbox {
  status(): Promise<OutboxStatus>;
  /** The samples that wait, or those that were set aside, oldest first. */
  payloads(aside: boolean): AsyncIterable<string>;
  close(): Promise<void>;
}

/**
 * Opens the outbox at `path` to look at it.
 * @throws ClientError `already_running` while a client has it open; `config` where there is none.
 */
export async function inspectOutbox(room: StoreRoom, path: string): Promise<StoredOutbox> {
  try {
    // LevelDB leaves files behind even where it is told to create none.
    if (!room.exists(path)) throw new Error(`There is no store at ${path}`);
    return await look(room.create(path));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function look(store: Store): Promise<StoredOutbox> {
  try {
    await store.open({ createIfMissing: false });
    const layout = await openLayout(store);
    const ledger = await Ledger.open(layout);
    return {
      status: () => statusOf(layout, ledger),
      payloads: (aside) => payloadsOf(aside ? layout.aside : layout.samples),
      close: () => store.close(),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function statusOf({ samples, aside }: Layout, { totals }: Ledger): Promise<OutboxStatus> {
  let count = 0;
  let bytes = 0;
  let oldest: string | undefined;
  let newest: string | undefined;
  for await (const sample of samples.values()) {
    newest = new Date(sample.wallMs).toISOString();
    oldest ??= newest;
    count += 1;
    bytes += sizeOf(sample);
  }
  return { count, bytes, oldest, newest, aside: (await aside.keys().all()).length, dropped: totals };
}

async function* payloadsOf(table: Layout['samples']): AsyncGenerator<string> {
  for await (const { payload } of table.values()) if (payload !== '') yield payload;
}

function unreadable(path: string, cause: unknown): ClientError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const isLocked = reason instanceof Error && 'code' in reason && reason.code === 'LEVEL_LOCKED';
  return isLocked
    ? new ClientError(
        'already_running',
        `A client that runs has the outbox ${path} open: stop it first, or read <base_topic>/health.`,
        { cause },
      )
    : new ClientError(
        'config',
        `There is no outbox at ${path} that can be read: check [outbox] path, or --path.`,
        { cause },
      );
}
