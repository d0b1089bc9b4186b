import type { Excuse } from './guarantee.ts';
import { formatSeconds } from './tally.ts';

/** Time in which the client notices that a pause has begun, or is over (docs/client.md). */
export const PAUSE_CHECK_MS = 2_000;

/** Until the client uses the adapter again after `client.pause`. */
export const untilResumed: Excuse = {
  about: `while active, and ${formatSeconds(PAUSE_CHECK_MS)} longer`,
  until: ({ endMs }) => endMs + PAUSE_CHECK_MS,
};
