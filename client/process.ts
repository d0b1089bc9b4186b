import { main } from './cli.ts';
import type { Platform } from './platform.ts';

/** Exit code after a second signal, which ends the process at once. */
const FORCED_EXIT = 130;

/**
 * Runs the command line of this process on a platform. The first SIGINT or SIGTERM stops it gracefully, a second one at
 * once.
 * @returns the exit code.
 */
export async function runProcess(platform: Platform, exit: (code: number) => never): Promise<number> {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) exit(FORCED_EXIT);
    stop.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await main(process.argv.slice(2), platform, stop.signal);
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
