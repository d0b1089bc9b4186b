import { main } from './cli.ts';
import type { Platform } from './platform.ts';
import { processLog, processOutput } from './process-output.ts';

/** Exit code after a second signal, which ends the process at once. */
const FORCED_EXIT = 130;
/** How long the end of the process waits for a slow reader of its log. */
const LOG_FLUSH_MS = 1_000;

/** A closed terminal sends SIGHUP, sometimes twice: it never forces an exit. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the command line of this process on a platform, with the streams of the process for its output. The first SIGINT,
 * SIGTERM or SIGHUP stops it gracefully, a second SIGINT or SIGTERM at once.
 * @returns the exit code.
 */
export async function runProcess(
  platform: Omit<Platform, 'out' | 'log'>,
  exit: (code: number) => never,
): Promise<number> {
  const log = processLog(process.stderr, platform.env);
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted && signal !== 'SIGHUP') exit(FORCED_EXIT);
    stop.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  try {
    const streams = { out: processOutput(process.stdout), log };
    return await main(process.argv.slice(2), { ...platform, ...streams }, stop.signal);
  } finally {
    await log.flush?.(AbortSignal.timeout(LOG_FLUSH_MS));
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
  }
}
