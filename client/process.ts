import { main } from './cli.ts';
import type { Platform } from './platform.ts';
import { processLog, processOutput } from './process-output.ts';

/** Exit code after a second signal, which ends the process at once. */
const FORCED_EXIT = 130;
/** How long the end of the process waits for a slow reader of its log. */
const LOG_FLUSH_MS = 1_000;

/** A closed terminal sends SIGHUP, sometimes twice: it never forces an exit. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The part of {@link process} that emits signals. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/**
 * Calls `act` with an AbortSignal that the first SIGINT, SIGTERM or SIGHUP of a process aborts; a second SIGINT or SIGTERM calls
 * `exit` at once.
 */
export async function stopOnSignals<T>(
  signals: SignalSource,
  exit: (code: number) => never,
  act: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted && signal !== 'SIGHUP') exit(FORCED_EXIT);
    stop.abort();
  };
  for (const signal of STOP_SIGNALS) signals.on(signal, onSignal);
  try {
    return await act(stop.signal);
  } finally {
    for (const signal of STOP_SIGNALS) signals.off(signal, onSignal);
  }
}

/**
 * Runs the command line of this process on a platform, with the streams of the process for its output. Signals stop it as
 * {@link stopOnSignals} says.
 * @returns the exit code.
 */
export function runProcess(
  platform: Omit<Platform, 'out' | 'log'>,
  exit: (code: number) => never,
): Promise<number> {
  const log = processLog(process.stderr, platform.env);
  return stopOnSignals(process, exit, async (stop) => {
    try {
      const streams = { out: processOutput(process.stdout), log };
      return await main(process.argv.slice(2), { ...platform, ...streams }, stop);
    } finally {
      await log.flush?.(AbortSignal.timeout(LOG_FLUSH_MS));
    }
  });
}
