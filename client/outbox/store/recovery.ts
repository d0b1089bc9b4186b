import { ClientError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { throwIfAborted } from '../../wait.ts';
import type { StoreProvider } from './store-provider.ts';
import { tablesOf, type Tables } from './tables.ts';
import { NewerStoreError, upgradeStore } from './upgrades.ts';

/** A store, and who is told about it. */
export interface StorePlace {
  readonly stores: StoreProvider;
  readonly path: string;
  readonly log: Logger;
}

export interface OpenOptions {
  /** Number of process starts in a row that ended without a goodbye. */
  readonly crashes: number;
  /** Whether the store is known to be damaged. */
  readonly isDamaged: boolean;
  /** Whether the last attempt has failed as well, so that its reason is known. */
  readonly isRetry: boolean;
  readonly signal: AbortSignal;
  /** Reads what it needs of the opened store; if that fails, the store is recovered. */
  readonly use: (tables: Tables, damage: Damage) => Promise<void>;
}

/** What has become of a store before it opened. */
export type Damage = 'none' | 'damaged' | 'replaced';

/** Kills and power cuts end processes as well: a store is suspected only after so many. */
const SUSPICIOUS_CRASHES = 2;

type Step = (place: StorePlace) => Promise<Damage>;

const STEPS: readonly Step[] = [
  () => Promise.resolve('none'),
  async ({ stores, path, log }) => {
    await stores.repair(path);
    log.warn({ path }, 'the outbox was damaged and has been repaired: samples may be missing');
    return 'damaged';
  },
  ({ stores, path, log }) => {
    const aside = stores.setAside(path);
    log.warn({ aside }, 'the old outbox was set aside: `martinete outbox export --path` reads it');
    return Promise.resolve('replaced');
  },
];

/**
 * Opens the store at a place, whatever state it is in: one that is damaged, or on which `use` fails, is repaired, and one
 * that cannot be repaired, or was written by a later version, is set aside. LevelDB may abort the process over a damaged
 * store. After several crashes it is therefore tried in another process first, because only that tells a store that
 * crashes LevelDB from kills and power cuts.
 * @throws ClientError `already_running` if another process has it open; the reason of the signal; what the disk says if
 *   it takes nothing.
 */
export async function openStore(place: StorePlace, options: OpenOptions): Promise<void> {
  const { stores, path, log } = place;
  const { crashes, isDamaged, isRetry, signal } = options;
  let first = isDamaged ? 1 : 0;
  if (crashes >= SUSPICIOUS_CRASHES && stores.exists(path)) first = await tried(place, crashes, first);
  let known: Damage = first === STEPS.length - 1 ? 'damaged' : 'none';
  for (let step = first; ; step++) {
    throwIfAborted(signal);
    try {
      known = worse(known, (await STEPS[step]?.(place)) ?? 'none');
      await open(place, known, options);
      return;
    } catch (error) {
      throwIfAborted(signal);
      if (isLocked(error)) throw alreadyRunning(path, error);
      // A disk that takes nothing is not the store's fault.
      if (step >= STEPS.length - 1 || !(await takesWrites(place))) throw error;
      log[isRetry ? 'debug' : 'error']({ err: error, path }, 'the outbox cannot be opened');
      // A repair would follow rules that are no longer those of the store.
      if (error instanceof NewerStoreError) step = STEPS.length - 2;
    }
  }
}

/** Whether the disk takes anything at a place. */
export async function takesWrites({ stores, path }: StorePlace): Promise<boolean> {
  return stores.probe(path).then(
    () => true,
    () => false,
  );
}

/** Lets another process risk what may crash; returns the first step that this one may take. */
async function tried({ stores, path, log }: StorePlace, crashes: number, first: number): Promise<number> {
  if (await stores.survives(path, 'read')) return first;
  log.warn({ path, crashes }, `the last ${crashes} starts crashed, and so does reading the outbox`);
  const isRepaired = (await stores.survives(path, 'repair')) && (await stores.survives(path, 'read'));
  return isRepaired ? 1 : STEPS.length - 1;
}

async function open(
  { stores, path, log }: StorePlace,
  known: Damage,
  { signal, use }: OpenOptions,
): Promise<void> {
  const store = stores.create(path);
  try {
    await store.open();
    const lostBytes = stores.lostBytes(path);
    if (lostBytes > 0) log.warn({ path, lostBytes }, 'the outbox was damaged: samples may be missing');
    const tables = tablesOf(store);
    await upgradeStore(tables, signal);
    await use(tables, worse(known, lostBytes > 0 ? 'damaged' : 'none'));
  } catch (error) {
    await store.close();
    throw error;
  }
}

const DAMAGES: readonly Damage[] = ['none', 'damaged', 'replaced'];

function worse(one: Damage, other: Damage): Damage {
  return DAMAGES.indexOf(one) > DAMAGES.indexOf(other) ? one : other;
}

function isLocked(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'LEVEL_LOCKED') || isLocked(error.cause);
}

/** Another process has the store at a path open. */
export function alreadyRunning(path: string, cause?: unknown): ClientError {
  return new ClientError(
    'already_running',
    `Another martinete is already running: it has the outbox ${path} open. Stop it first ` +
      '(`systemctl stop martinete`), or give this one another [outbox] path.',
    { cause },
  );
}
