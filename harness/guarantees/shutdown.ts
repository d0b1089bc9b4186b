import { formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';

/** Faults that tell the client to stop. */
export const STOPS = [
  'client.term',
  'client.register',
  'client.restart',
  'client.configure',
  'client.hangup',
  'client.interrupt',
] as const;
/** Time in which the client exits once it has been told to stop, or has given up. */
export const SHUTDOWN_MS = 5_000;

/** When the last pause of a process ends that nothing follows, for docs/guarantees.md. */
export const LAST_PAUSE = `the last one ends when the process is told to stop, or ${formatSeconds(SHUTDOWN_MS)} before its exit`;

/**
 * When the process was told to stop, by a fault or by the end of the scenario. A restart may be what has started it, in the
 * same millisecond.
 */
export function stopsMs({ beginMs, endMs }: ProcessSpan, view: TraceView): number[] {
  const stops = view.faultsNamed(...STOPS).map((fault) => fault.beginMs);
  return [...stops, view.endMs].filter((ms) => ms >= beginMs && ms <= endMs);
}

/** Until when the process certainly retries what fails: until it is told to stop, or may have begun to shut down itself. */
export function retriedUntilMs(process: ProcessSpan, view: TraceView): number {
  const { beginMs, endMs, end } = process;
  const stopMs = Math.min(...stopsMs(process, view).filter((ms) => ms > beginMs));
  if (stopMs < Infinity) return stopMs;
  return end?.how === 'exit' ? Math.max(beginMs, endMs - SHUTDOWN_MS) : endMs;
}
