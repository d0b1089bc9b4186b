import { MAX_IN_FLIGHT } from './drain.ts';
import { excusedSpans, SLOW_BROKER_EXCUSES } from './excuses.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Connection } from './view/connections.ts';
import { countUntil } from './view/search.ts';
import type { Delivery } from './view/deliveries.ts';
import type { Spans } from './view/span.ts';

/** Samples that may follow one another at once: a sample may have had its turn while it waited for an acknowledgement. */
const BURST = 2;
/** Lateness of a timer that a shorter interval makes up for, and what timers truncate. */
const LATENESS_MS = 15;

export const MESSAGE_RULES: readonly Rule[] = [
  {
    checks: 'Samples on the journal topic in any span of a connection',
    bound: `drain_rate × (the span + ${formatSeconds(LATENESS_MS)}) + ${BURST}; ${MAX_IN_FLIGHT} more from a broker.slow or broker.lag until keep_alive after it`,
    excuses: [],
  },
  { checks: 'A sample that is published again on the same connection', bound: 'never', excuses: [] },
];

/** Checks how fast the client publishes samples. */
export function checkMessages(view: TraceView, facts: RunFacts, tally: Tally): void {
  const { first, repeated } = view.deliveries;
  const all = [...first, ...repeated].sort((a, b) => a.atMs - b.atMs);
  // A broker that is slow receives what is in flight at once.
  const slow = excusedSpans(view, facts, SLOW_BROKER_EXCUSES);
  for (const connection of view.connections) {
    const own = within(all, connection);
    checkRate(own, slow, facts, tally);
    checkRepetitions(own, tally);
  }
}

function within(deliveries: readonly Delivery[], { beginMs, endMs }: Connection): readonly Delivery[] {
  const indexAt = (ms: number): number => countUntil(deliveries, ms, ({ atMs }) => atMs);
  return deliveries.slice(indexAt(beginMs - 1), indexAt(endMs));
}

/** A bucket that leaks at the drain rate never holds more than the burst. */
function checkRate(deliveries: readonly Delivery[], slow: Spans, { config }: RunFacts, tally: Tally): void {
  const { drainRatePerS } = config.mqtt;
  const burst = BURST + (LATENESS_MS / 1000) * drainRatePerS;
  let level = 0;
  let lastMs = -Infinity;
  let sinceMs = 0;
  let count = 0;
  let wasSlow = false;
  for (const { atMs } of deliveries) {
    const isSlow = slow.overlaps(atMs - 1, atMs);
    // What was in flight while the broker was slow does not count later.
    if (wasSlow && !isSlow) level = Math.min(level, BURST);
    wasSlow = isSlow;
    level = Math.max(0, level - ((atMs - lastMs) / 1000) * drainRatePerS);
    if (level === 0) [sinceMs, count] = [atMs, 0];
    lastMs = atMs;
    level += 1;
    count += 1;
    tally.countChecks();
    const atMost = burst + (isSlow ? MAX_IN_FLIGHT : 0);
    if (level <= atMost) continue;
    tally.addViolation({
      atMs,
      what: 'samples were published faster than the drain rate',
      bound: `${drainRatePerS} a second, and ${Math.floor(atMost)} more at any time`,
      measured: `${formatCount(count, 'sample')} in ${formatSeconds(atMs - sinceMs)}`,
    });
    return;
  }
}

function checkRepetitions(deliveries: readonly Delivery[], tally: Tally): void {
  const seen = new Set<string>();
  for (const { bootId, seq, atMs } of deliveries) {
    const id = `${bootId} ${seq}`;
    if (!seen.has(id)) {
      seen.add(id);
      continue;
    }
    tally.addViolation({
      atMs,
      what: `sample ${seq} was published again on the same connection`,
      bound: 'once on each connection',
      measured: 'twice',
    });
  }
}
