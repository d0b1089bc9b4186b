import { MAX_STORE_DELAY_MS } from './dropping.ts';
import type { RunFacts } from './guarantee.ts';
import { outboxLimits } from './outbox-limits.ts';
import type { TraceView } from './trace-view.ts';
import type { SampleId } from '../world/trace/sample-id.ts';
import type { DropReport } from './view/drop-reports.ts';
import type { Span } from './view/span.ts';

/** A sample, and when it was stored or delivered, whichever came first; with `isDropped`, within which time it was taken. */
export interface SafeSample extends SampleId, Span {
  /** Whether it was reported as dropped, and neither stored nor delivered. */
  readonly isDropped: boolean;
}

/** Samples that were stored, delivered, or with a sync_interval reported as dropped before, in the order of the polls. */
export function safeSamples(view: TraceView, facts: RunFacts): readonly SafeSample[] {
  const stored = view.samples.map(({ bootId, seq, storedMs, deliveredMs }) =>
    safeAt({ bootId, seq }, Math.min(storedMs, deliveredMs)),
  );
  const unstored = view.deliveries.first
    .filter((delivery) => !view.sampleOf(delivery))
    .map(({ bootId, seq, atMs }) => safeAt({ bootId, seq }, atMs));
  const safe = [...stored, ...unstored].sort((a, b) => a.endMs - b.endMs);
  const dropped = droppedUnstored(safe, view, facts);
  if (dropped.length === 0) return safe;
  let lastMs = 0;
  return [...safe, ...dropped]
    .sort((a, b) => a.endMs - b.endMs || (a.bootId === b.bootId ? a.seq - b.seq : 0))
    .map((sample): SafeSample => {
      if (sample.isDropped) return { ...sample, beginMs: lastMs };
      lastMs = sample.endMs;
      return sample;
    });
}

function safeAt(id: SampleId, ms: number): SafeSample {
  return { ...id, beginMs: ms, endMs: ms, isDropped: false };
}

/** Samples that were dropped before they were stored: each was taken before the next one of its process was safe. */
function droppedUnstored(safe: readonly SafeSample[], view: TraceView, facts: RunFacts): SafeSample[] {
  return view.dropReports.all
    .filter((report) => mayPrecedeSync(report, view, facts))
    .flatMap(({ bootId, from, to, atMs }) => {
      const ofBoot = safe.filter((sample) => sample.bootId === bootId && sample.seq >= from);
      const known = new Set(ofBoot.map(({ seq }) => seq));
      return Array.from({ length: to - from + 1 }, (_, index) => from + index)
        .filter((seq) => !known.has(seq))
        .map((seq): SafeSample => {
          const nextMs = ofBoot.filter((next) => next.seq > seq).map(({ endMs }) => endMs);
          return { bootId, seq, beginMs: 0, endMs: Math.min(atMs, ...nextMs), isDropped: true };
        });
    });
}

/** Whether the limits of the outbox may drop a sample before it is stored. */
function mayPrecedeSync({ reason, atMs }: DropReport, view: TraceView, facts: RunFacts): boolean {
  const { syncIntervalMs } = facts.config.outbox;
  if (syncIntervalMs === 0) return false;
  const ageMs = syncIntervalMs + MAX_STORE_DELAY_MS;
  return reason !== 'age' || outboxLimits(view, facts, 0, atMs).some(({ maxAgeMs }) => maxAgeMs <= ageMs);
}
