import type { Rule } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { countUntil } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Time after a fault, or the start of a process, in which the client may report what has happened. */
const SETTLED_MS = 120_000;
/** Span in which lines are counted, and their maximum. */
const WINDOW_MS = 600_000;
const MAX_LINES = 2;
/** Levels that a client with the default configuration does not write. */
const OMITTED_LEVELS: readonly string[] = ['trace', 'debug'];

export const LOG_RULE: Rule = {
  checks: `Log lines at level info and above, from ${formatSeconds(SETTLED_MS)} after the last fault, and after the start of the process`,
  bound: `${MAX_LINES} in any ${formatSeconds(WINDOW_MS)}, one of them the report of the activity`,
  excuses: [],
};

/** Checks how much a client writes whose world is quiet: an SD card wears out. */
export function checkLogLines(view: TraceView, tally: Tally): void {
  const lines = view.outputs.flatMap((event) =>
    event.type === 'log' && !OMITTED_LEVELS.includes(event.level) ? [event.atMs] : [],
  );
  const settling = new Spans([
    ...view.faults.map(({ beginMs, endMs }) => ({ beginMs, endMs: endMs + SETTLED_MS })),
    ...view.scooterOff.map(({ beginMs, endMs }) => ({ beginMs, endMs: endMs + SETTLED_MS })),
    ...view.links.map(({ endMs }) => ({ beginMs: endMs, endMs: endMs + SETTLED_MS })),
  ]);
  for (const process of view.processes) {
    const span = { beginMs: process.beginMs + SETTLED_MS, endMs: Math.min(process.endMs, view.endMs) };
    for (const { beginMs, endMs } of settling.subtractFrom(span)) {
      const own = lines.slice(
        countUntil(lines, beginMs, (ms) => ms),
        countUntil(lines, endMs - 1, (ms) => ms),
      );
      tally.countChecks();
      own.slice(MAX_LINES).some((atMs, index) => {
        const firstMs = own[index] ?? atMs;
        if (atMs - firstMs >= WINDOW_MS) return false;
        tally.addViolation({
          atMs,
          what: 'the client wrote too many log lines while nothing happened',
          bound: `${formatCount(MAX_LINES, 'line')} in ${formatSeconds(WINDOW_MS)}`,
          measured: `${formatCount(MAX_LINES + 1, 'line')} in ${formatSeconds(atMs - firstMs)}`,
        });
        return true;
      });
    }
  }
}
