import { readTimestamp } from '../oracle/moments.ts';
import type { Rule } from './guarantee.ts';
import type { AppendWindow, Mismatch } from './position-check.ts';
import { formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Fields } from './view/deliveries.ts';

/** Time between the end of a poll and the timestamp of its sample. */
const MARGIN_MS = 50;
/** Time in which a new process finds out whether the clock is synchronised. */
const CLOCK_ANSWER_MS = 1_000;

/** What is checked of the time of a sample. */
export const TIME_RULES: readonly Rule[] = [
  {
    checks: 'timestamp',
    bound: `the wall clock between the last reply of the poll and the storing, ± ${formatSeconds(MARGIN_MS)}`,
    excuses: [],
  },
  {
    checks: 'clock_synced',
    bound: `true, in the first ${formatSeconds(CLOCK_ANSWER_MS)} of a process also false: clocks of the world are synchronised`,
    excuses: [],
  },
];

/** Compares the time of a sample with the wall clock, and with what the client can know of its synchronisation. */
export function timeMismatch(fields: Fields, window: AppendWindow, view: TraceView): Mismatch | undefined {
  const { timestamp, clock_synced: isSynced } = fields;
  const atMs = typeof timestamp === 'string' ? readTimestamp(timestamp)?.atMs : undefined;
  const fromMs = view.wallMs(window.fromMs) - MARGIN_MS;
  const toMs = view.wallMs(window.toMs) + MARGIN_MS;
  const isStepped = view.wallMs(window.toMs) - view.wallMs(window.fromMs) !== window.toMs - window.fromMs;
  if (atMs === undefined || (!isStepped && (atMs < fromMs || atMs > toMs))) {
    return {
      path: 'timestamp',
      expected: `${new Date(fromMs).toISOString()} to ${new Date(toMs).toISOString()}`,
      published: JSON.stringify(timestamp),
    };
  }
  const isKnown = window.fromMs - window.processBeganMs > CLOCK_ANSWER_MS;
  if (isSynced === true || (isSynced === false && !isKnown)) return undefined;
  return { path: 'clock_synced', expected: 'true', published: JSON.stringify(isSynced) };
}
