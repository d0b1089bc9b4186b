import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { pause } from '../wait.ts';
import type { ScooterState } from './connection.ts';

/** Interval of the checks for a pause that begins or is ended early. */
const CHECK_INTERVAL_MS = 1_000;

export interface PausableOptions {
  /** Remaining time of the current pause in milliseconds; 0 if there is none. */
  readonly remainingPauseMs: () => number;
  readonly onState: (state: ScooterState) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Calls `run` while there is no pause. A pause aborts the signal passed to it; after the pause, `run` is called again
 * with the number of milliseconds waited. Never returns.
 * @throws what `run` throws outside a pause, or the reason of the signal.
 */
export async function pausable(
  options: PausableOptions,
  run: (signal: AbortSignal, pausedMs: number) => Promise<never>,
): Promise<never> {
  const { remainingPauseMs, signal } = options;
  for (;;) {
    const pausedMs = await waitForResume(options);
    const paused = new AbortController();
    const timer = setInterval(() => {
      if (remainingPauseMs() > 0) paused.abort(new ClientError('aborted', 'The client was paused'));
    }, CHECK_INTERVAL_MS);
    try {
      return await run(AbortSignal.any([signal, paused.signal]), pausedMs);
    } catch (error) {
      // A failure at the moment a pause begins either recurs after the pause or no longer matters.
      if (signal.aborted || !paused.signal.aborted) throw error;
    } finally {
      clearInterval(timer);
    }
  }
}

/** Waits until the current pause is over, if there is one; resolves to the number of milliseconds waited. */
async function waitForResume({ remainingPauseMs, onState, log, signal }: PausableOptions): Promise<number> {
  let remainingMs = remainingPauseMs();
  if (remainingMs === 0) return 0;
  const startMs = performance.now();
  onState('paused');
  log.info({ forS: Math.ceil(remainingMs / 1000) }, 'paused, not connecting to the scooter');
  for (; remainingMs > 0; remainingMs = remainingPauseMs())
    await pause(Math.min(remainingMs, CHECK_INTERVAL_MS), signal);
  log.info('resumed');
  return performance.now() - startMs;
}
