import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { StoreOperation } from './store-provider.ts';

/** Deadline of a check; reading a full outbox from a slow SD card takes minutes. */
const TIMEOUT_MS = 600_000;

/** Signals that end a process in which LevelDB crashes, as opposed to a process that is killed. */
const CRASH_SIGNALS: readonly unknown[] = ['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP'];

/** Script of the child process. It ends with its parent, or it would keep the store locked. */
const CHILD_SCRIPT = `
  const [levelPath, path, operation] = process.argv.slice(1);
  const { ClassicLevel } = require(levelPath);
  process.stdin.on('end', () => process.exit(1)).resume();
  const operations = {
    repair: () => ClassicLevel.repair(path),
    read: async () => {
      const store = new ClassicLevel(path, { createIfMissing: false });
      await store.open();
      for await (const _ of store.iterator()) continue;
      await store.close();
    },
  };
  operations[operation]().then(() => process.exit(0), () => process.exit(1));`;

/**
 * Checks whether a child process survives an operation on the store at a path, even if the operation fails. A child that
 * takes too long, or cannot be started, does not count as crashed. Aborting the signal kills it.
 */
export async function survives(
  path: string,
  operation: StoreOperation,
  signal: AbortSignal,
  timeoutMs = TIMEOUT_MS,
): Promise<boolean> {
  const level = createRequire(import.meta.url).resolve('classic-level');
  try {
    const child = spawn(process.execPath, ['-e', CHILD_SCRIPT, level, path, operation], {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      signal,
    });
    const [, endedBy] = (await once(child, 'exit')) as [unknown, unknown];
    return !CRASH_SIGNALS.includes(endedBy);
  } catch {
    return true;
  }
}
