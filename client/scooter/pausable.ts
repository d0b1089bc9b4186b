import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { pause } from '../wait.ts';
import type { ScooterState } from './connection.ts';

/** How often the client looks whether a pause has begun, or was ended early. */
const CHECK_INTERVAL_MS = 1_000;

export interface PausableOptions {
  /** How long the pause in force still lasts, in milliseconds; 0 without one. */
  readonly remainingPauseMs: () => number;
  readonly onState: (state: ScooterState) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs `act` whenever there is no pause. Its signal aborts as soon as one begins, and it starts anew once that is over.
 * It hears how many milliseconds the client has waited before. Never returns.
 * @throws what `act` throws but in a pause, or the reason of the signal.
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
      if (remainingPauseMs() > 0)
        paused.abort(new ClientError('aborted', 'The scooter is left alone for a while'));
    }, CHECK_INTERVAL_MS);
    try {
      return await run(AbortSignal.any([signal, paused.signal]), pausedMs);
    } catch (error) {
      // What failed in the moment of a pause fails again afterwards, or is over.
      if (signal.aborted || !paused.signal.aborted) throw error;
    } finally {
      clearInterval(timer);
    }
  }
}

/** Waits for the end of the pause in force, if there is one; resolves to the milliseconds that it took. */
async function waitForResume({ remainingPauseMs, onState, log, signal }: PausableOptions): Promise<number> {
  let remainingMs = remainingPauseMs();
  if (remainingMs === 0) return 0;
  const startMs = performance.now();
  onState('paused');
  log.info({ forS: Math.ceil(remainingMs / 1000) }, 'paused: the scooter is left alone');
  for (; remainingMs > 0; remainingMs = remainingPauseMs())
    await pause(Math.min(remainingMs, CHECK_INTERVAL_MS), signal);
  log.info('the pause is over');
  return performance.now() - startMs;
}
