import { DELIVERY_EXCUSES, excusedSpans } from './excuses.ts';
import type { RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { Sample } from './view/samples.ts';
import type { Span } from './view/span.ts';

/** What a connection may take before samples flow, and the last of them to arrive. */
const GRACE_MS = 2_000;
/** Samples that may be under way unacknowledged: when the connection ends they are sent again on the next one. */
export const MAX_IN_FLIGHT = 64;

/** A sample that waits, and by when the broker has had the time to receive it. */
export interface DueSample {
  readonly sample: Sample;
  readonly byMs: number;
}

/** When the client was connected and nothing kept samples from flowing. */
export function drainingSpans(view: TraceView, facts: RunFacts): Span[] {
  const excused = excusedSpans(view, facts, DELIVERY_EXCUSES);
  return view.connections.flatMap(({ beginMs, endMs, life }) =>
    excused.subtractFrom({ beginMs, endMs: Math.min(endMs, life?.endMs ?? beginMs, view.endMs) }),
  );
}

/**
 * By when each of the samples has to be received that wait in a stretch of `flowing`: they queue up, and leave one after
 * the other at the drain rate. Those that were announced as dropped do not. Where the stretch is too short, the rest is
 * left out.
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

/** What the broker had received without the client knowing, and therefore gets again. */
function resentCount({ beginMs, endMs }: Span, { deliveries }: TraceView): number {
  const again = deliveries.repeated.filter(({ atMs }) => atMs >= beginMs && atMs <= endMs);
  return Math.min(again.length, MAX_IN_FLIGHT);
}
