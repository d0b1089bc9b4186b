import { DELIVERY_EXCUSES, excusedSpans } from './excuses.ts';
import type { RunFacts } from './guarantee.ts';
import { formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Sample } from './view/samples.ts';
import type { Span } from './view/span.ts';

/** Time that a connection may take before the first sample is sent, and a sample to arrive. */
const GRACE_MS = 2_000;
/** Maximum number of unacknowledged samples; they are sent again on the next connection. */
export const MAX_IN_FLIGHT = 64;

/** The deadline of a delivery as a formula. */
export const DELIVERY_BOUND =
  `(n + r) / drain_rate + ${formatSeconds(GRACE_MS)} from a connection to the broker, or from the end of a fault during it, with n samples up to it ` +
  `in the outbox, and r, at most ${MAX_IN_FLIGHT}, that are sent again`;

/** A stored sample, and the time by which it has to be delivered. */
export interface DueSample {
  readonly sample: Sample;
  readonly byMs: number;
}

/** Spans in which the client was connected and no fault delayed deliveries. */
export function drainingSpans(view: TraceView, facts: RunFacts, excuses = DELIVERY_EXCUSES): Span[] {
  const excused = excusedSpans(view, facts, excuses);
  return view.connections.flatMap(({ beginMs, endMs, process }) =>
    excused.subtractFrom({ beginMs, endMs: Math.min(endMs, process?.endMs ?? beginMs, view.endMs) }),
  );
}

/**
 * Delivery deadlines of the samples that are in the outbox during a draining span: they are sent one after the other at
 * the drain rate. Excludes samples that were reported as dropped, and those whose deadline is after the span.
 */
export function dueSamples(flow: Span, view: TraceView, { config }: RunFacts): DueSample[] {
  const intervalMs = 1000 / config.mqtt.drainRatePerS;
  const due: DueSample[] = [];
  let sentMs = flow.beginMs + resentCount(flow, view) * intervalMs;
  for (const sample of view.samples) {
    if (sample.deliveredMs <= flow.beginMs || sample.dropReport) continue;
    sentMs = Math.max(sentMs, sample.storedMs) + intervalMs;
    const byMs = sentMs + GRACE_MS;
    if (byMs > flow.endMs) break;
    due.push({ sample, byMs });
  }
  return due;
}

/** Number of samples that are sent again because their acknowledgement was lost. */
function resentCount({ beginMs, endMs }: Span, { deliveries }: TraceView): number {
  const again = deliveries.repeated.filter(({ atMs }) => atMs >= beginMs && atMs <= endMs);
  return Math.min(again.length, MAX_IN_FLIGHT);
}
