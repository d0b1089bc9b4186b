import { ClientError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import { throwIfAborted } from '../../wait.ts';
import type { StoreOperation, StoreProvider } from './store-provider.ts';
import { tablesOf, type Tables } from './tables.ts';
import { NewerStoreError, upgradeStore } from './upgrades.ts';

/** A store and its log. */
export interface StoreContext {
  readonly stores: StoreProvider;
  readonly path: string;
  readonly log: Logger;
}

export interface OpenOptions {
  /** Number of consecutive process starts that did not close the store. */
  readonly crashes: number;
  /** Whether the store is known to be damaged. */
  readonly isDamaged: boolean;
  /** Whether the last attempt failed as well, so that the reason is already logged. */
  readonly isRetry: boolean;
  readonly signal: AbortSignal;
  /** Reads the opened store; if that fails, the store is recovered. */
  readonly use: (tables: Tables, damage: Damage) => Promise<void>;
}

/** Damage to a store found when it was opened. */
export type Damage = 'none' | 'damaged' | 'replaced';

/** Number of crashes before a store is checked in a child process: kills and power cuts count as crashes as well. */
const SUSPICIOUS_CRASHES = 2;
/** Time after which a process with an open store no longer counts as crashed by it. */
const STABLE_MS = 60_000;

/** Codes of errors of the operating system that say nothing about the content of a store. */
const SYSTEM_ERROR = /^(EACCES|EPERM|EMFILE|ENFILE|ENOMEM|EIO|ENOSPC|EROFS)$/;
/** LevelDB has one code for all errors of the system; others than these are caused by the content of a file. */
const SYSTEM_REASON =
  /Permission denied|Operation not permitted|Too many open files|Cannot allocate memory|Input\/output error|No space left|Read-only file system/;

/** Counts consecutive processes that ended while they opened a store, or soon afterwards, in the store's own folder. */
export class CrashCount {
  readonly #context: StoreContext;
  /** Runs while this process is counted. */
  #timer: NodeJS.Timeout | undefined;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Counts this process until `end`, or until it has run for long; returns the number of crashes before. */
  begin(): number {
    if (this.#timer) return 0;
    this.#timer = setTimeout(() => this.end(), STABLE_MS);
    return this.#context.stores.markInUse(this.#context.path);
  }

  /** @param crashes the number to restore if the store could not be opened, which proves nothing about it. */
  end(crashes = 0): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#context.stores.clearInUse(this.#context.path, crashes);
  }
}

type Step = (context: StoreContext) => Promise<Damage>;

const STEPS: readonly Step[] = [
  () => Promise.resolve('none'),
  async ({ stores, path, log }) => {
    await stores.repair(path);
    log.warn({ path }, 'the outbox was damaged and is now repaired: samples may be missing');
    return 'damaged';
  },
  ({ stores, path, log }) => {
    const aside = stores.setAside(path);
    log.warn({ aside }, 'set aside the old outbox: run `martinete outbox export --path` to read it');
    return Promise.resolve('replaced');
  },
];

/**
 * Opens a store, and recovers it if necessary: a store that is damaged, or for which `use` fails, is repaired; a store
 * that cannot be repaired, or was written by a later version, is set aside. A damaged store can crash LevelDB and with it
 * the process. After several crashes, the store is therefore opened in a child process first, to distinguish such a store
 * from kills and power cuts.
 * @throws ClientError `already_running` if another process has it open; the reason of the signal; the error of the disk
 *   if writes fail.
 */
export async function openStore(context: StoreContext, options: OpenOptions): Promise<void> {
  const { stores, path, log } = context;
  const { crashes, isDamaged, isRetry, signal } = options;
  let first = isDamaged ? 1 : 0;
  if (crashes >= SUSPICIOUS_CRASHES && stores.exists(path)) {
    // A failing disk crashes LevelDB as well, with SIGBUS.
    await stores.probe(path);
    first = await firstSafeStep(context, { crashes, signal }, first);
  }
  let known: Damage = first === STEPS.length - 1 ? 'damaged' : 'none';
  for (let step = first; ; step++) {
    throwIfAborted(signal);
    try {
      known = worse(known, (await STEPS[step]?.(context)) ?? 'none');
      await open(context, known, options);
      return;
    } catch (error) {
      throwIfAborted(signal);
      if (isLocked(error)) throw alreadyRunning(path, error);
      // If the system denies access, or writes fail, the store may be intact.
      if (!isDamage(error) || step >= STEPS.length - 1 || !(await isWritable(context))) throw error;
      log[isRetry ? 'debug' : 'error']({ err: error, path }, 'cannot open the outbox');
      // Skip the repair of a store with an unknown layout.
      if (error instanceof NewerStoreError) step = STEPS.length - 2;
    }
  }
}

/** Checks whether writes to the disk of a store succeed. */
export async function isWritable({ stores, path }: StoreContext): Promise<boolean> {
  return stores.probe(path).then(
    () => true,
    () => false,
  );
}

/** Runs recovery steps in a child process; returns the first one that is safe in this process. */
async function firstSafeStep(
  { stores, path, log }: StoreContext,
  { crashes, signal }: Pick<OpenOptions, 'crashes' | 'signal'>,
  first: number,
): Promise<number> {
  const survives = (operation: StoreOperation): Promise<boolean> => stores.survives(path, operation, signal);
  if (await survives('read')) return first;
  log.warn(
    { path, crashes },
    `the last ${crashes} starts crashed while opening the outbox, and reading it in a child process crashes as well`,
  );
  const isRepaired = (await survives('repair')) && (await survives('read'));
  return isRepaired ? 1 : STEPS.length - 1;
}

async function open(
  { stores, path, log }: StoreContext,
  known: Damage,
  { signal, use }: OpenOptions,
): Promise<void> {
  const store = stores.create(path);
  try {
    await store.open();
    const lostBytes = stores.lostBytes(path);
    if (lostBytes > 0)
      log.warn({ path, lostBytes }, 'LevelDB could not read parts of the outbox: samples may be missing');
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

/** Whether an error says something about the content of a store, unlike missing permissions, memory or file descriptors. */
function isDamage(error: unknown): boolean {
  if (error instanceof ClientError || hasCode(error, SYSTEM_ERROR)) return false;
  return !(hasCode(error, /^LEVEL_IO_ERROR$/) && SYSTEM_REASON.test(messagesOf(error)));
}

/** The messages of an error and its causes. */
function messagesOf(error: unknown): string {
  return error instanceof Error ? `${error.message}\n${messagesOf(error.cause)}` : '';
}

/** Whether a store is certainly damaged, by LevelDB's own checks. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LEVEL_CORRUPTION';
}

function isLocked(error: unknown): boolean {
  return hasCode(error, /^LEVEL_LOCKED$/);
}

/** Whether an error or one of its causes has a code. */
function hasCode(error: unknown, code: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && code.test(String(error.code))) || hasCode(error.cause, code);
}

/** Creates the error for a store that another process has open. */
export function alreadyRunning(path: string, cause?: unknown): ClientError {
  return new ClientError(
    'already_running',
    `Another martinete is already running: it has the outbox ${path} open. Stop it first ` +
      '(`systemctl stop martinete`), or give this one another [outbox] path.',
    { cause },
  );
}
