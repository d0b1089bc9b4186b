import type { Rule } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { blockAt, SILENT_TRANSMISSIONS } from './view/blocks.ts';
import { countBetween, countUntil } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Time after a fault, or the start of a process, in which the client may report what has happened. */
const SETTLED_MS = 120_000;
/** Span in which lines are counted, and their maximum. */
const WINDOW_MS = 600_000;
const MAX_LINES = 2;
/** Levels that a client with the default configuration does not write. */
const OMITTED_LEVELS: readonly string[] = ['trace', 'debug'];

export const LOG_RULE: Rule = {
  checks: `Log lines at level info and above, from ${formatSeconds(SETTLED_MS)} after the last fault, after the beginning and end of each link, and after the start of the process`,
  bound: `${MAX_LINES} in any ${formatSeconds(WINDOW_MS)}, one of them the report of the activity, and one more for each step of the wall clock and for each block that falls silent or answers again, from ${formatSeconds(SETTLED_MS)} before on`,
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
    ...view.links
      .flatMap(({ beginMs, endMs }) => [beginMs, endMs])
      .map((ms) => ({ beginMs: ms, endMs: ms + SETTLED_MS })),
  ]);
  const eventsMs = [...view.clockStepsMs, ...silenceChanges(view)].sort((a, b) => a - b);
  for (const process of view.processes) {
    const span = { beginMs: process.beginMs + SETTLED_MS, endMs: Math.min(process.endMs, view.endMs) };
    for (const { beginMs, endMs } of settling.subtractFrom(span)) {
      const own = lines.slice(
        countUntil(lines, beginMs, (ms) => ms),
        countUntil(lines, endMs - 1, (ms) => ms),
      );
      tally.countChecks();
      const excess = firstExcess(own, eventsMs);
      if (!excess) continue;
      const { atMs, count, max, overMs } = excess;
      tally.addViolation({
        atMs,
        what: 'the client wrote too many log lines while nothing happened',
        bound: `${formatCount(max, 'line')} in ${formatSeconds(WINDOW_MS)}`,
        measured: `${formatCount(count, 'line')} in ${formatSeconds(overMs)}`,
      });
    }
  }
}

interface Excess {
  readonly atMs: number;
  readonly count: number;
  readonly max: number;
  readonly overMs: number;
}

/** The first line that exceeds the maximum in a window that ends with it. */
function firstExcess(linesMs: readonly number[], eventsMs: readonly number[]): Excess | undefined {
  for (const [last, atMs] of linesMs.entries()) {
    for (let first = last; first >= 0; first--) {
      const firstMs = linesMs[first] ?? atMs;
      const overMs = atMs - firstMs;
      if (overMs >= WINDOW_MS) break;
      const count = last - first + 1;
      const max = MAX_LINES + countBetween(eventsMs, firstMs - SETTLED_MS, atMs);
      if (count > max) return { atMs, count, max, overMs };
    }
  }
  return undefined;
}

/** Times at which a block fell silent, or answered again after that. */
function silenceChanges({ reads }: TraceView): number[] {
  const withheld = new Map<string, number>();
  return reads.flatMap(({ type, atMs, device, register }) => {
    if (blockAt(device, register) < 0) return [];
    const key = `${device} ${register}`;
    const before = withheld.get(key) ?? 0;
    const now = type === 'reply.withheld' ? before + 1 : 0;
    withheld.set(key, now);
    const isChange = now === SILENT_TRANSMISSIONS || (now === 0 && before >= SILENT_TRANSMISSIONS);
    return isChange ? [atMs] : [];
  });
}
