import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { pause } from '../wait.ts';
import type { ScooterState } from './link-ride.ts';

/** How often the client looks whether a pause has begun, or was ended early. */
const LOOK_MS = 1_000;

export interface PausingOptions {
  /** How long the pause in force still lasts, in milliseconds; 0 without one. */
  readonly pauseLeftMs: () => number;
  readonly onState: (state: ScooterState) => void;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs `act` whenever there is no pause. Its signal aborts as soon as one begins, and it starts anew once that is over.
 * It hears how many milliseconds the client has waited before. Never returns.
 * @throws what `act` throws but in a pause, or the reason of the signal.
 */
export async function betweenPauses(
  options: PausingOptions,
  act: (signal: AbortSignal, pausedMs: number) => Promise<never>,
): Promise<never> {
  const { pauseLeftMs, signal } = options;
  for (;;) {
    const pausedMs = await sitOut(options);
    const paused = new AbortController();
    const look = setInterval(() => {
      if (pauseLeftMs() > 0)
        paused.abort(new ClientError('aborted', 'The scooter is left alone for a while'));
    }, LOOK_MS);
    try {
      return await act(AbortSignal.any([signal, paused.signal]), pausedMs);
    } catch (error) {
      // What failed in the moment of a pause fails again afterwards, or is over.
      if (signal.aborted || !paused.signal.aborted) throw error;
    } finally {
      clearInterval(look);
    }
  }
}

/** Waits for the end of the pause in force, if there is one; resolves to the milliseconds that it took. */
async function sitOut({ pauseLeftMs, onState, log, signal }: PausingOptions): Promise<number> {
  let leftMs = pauseLeftMs();
  if (leftMs === 0) return 0;
  const beginMs = performance.now();
  onState('paused');
  log.info({ forS: Math.ceil(leftMs / 1000) }, 'paused: the scooter is left alone');
  for (; leftMs > 0; leftMs = pauseLeftMs()) await pause(Math.min(leftMs, LOOK_MS), signal);
  log.info('the pause is over');
  return performance.now() - beginMs;
}
