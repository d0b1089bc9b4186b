import { ACKNOWLEDGED_MS, acknowledgements } from './acknowledged.ts';
import { MAX_IN_FLIGHT } from './drain.ts';
import { MAX_STORE_DELAY_MS } from './dropping.ts';
import type { RunFacts } from './guarantee.ts';
import { outboxLimits, type OutboxLimits } from './outbox-limits.ts';
import type { TraceView } from './trace-view.ts';
import { SampleMap } from './view/deliveries.ts';
import { countUntil, lastUntil } from './view/search.ts';

/**
 * Finds out when the outbox may have been so full that it rejected a new sample: with the samples that wait, those that the
 * client does not know to be delivered, and those of the last polls, which are not stored yet.
 */
export function fullOutbox(view: TraceView, facts: RunFacts): (ms: number) => boolean {
  const { syncIntervalMs } = facts.config.outbox;
  if (rejecting(view, facts, 0, view.endMs).length === 0) return () => false;
  const { deliveries, cycles } = view;
  const unacknowledged = unacknowledgedCount(view, facts);
  const waiting = waitingCount(view);
  const pollsUntil = (ms: number): number => countUntil(cycles, ms, ({ dueMs }) => dueMs);
  return (ms) => {
    const limits = rejecting(view, facts, ms, ms);
    if (limits.length === 0) return false;
    const unstored = pollsUntil(ms) - pollsUntil(ms - syncIntervalMs - MAX_STORE_DELAY_MS);
    const count = waiting(ms) + unacknowledged(ms) + unstored;
    return limits.some(
      ({ maxCount, maxBytes }) => count >= maxCount || (count + 1) * deliveries.maxPayloadBytes > maxBytes,
    );
  };
}

/** The limits of processes within a time whose full outbox rejects a new sample. */
function rejecting(view: TraceView, facts: RunFacts, fromMs: number, toMs: number): readonly OutboxLimits[] {
  return outboxLimits(view, facts, fromMs, toMs).filter(({ whenFull }) => whenFull === 'drop-newest');
}

/** Number of stored samples that are delivered later, or again, or never, at a time. */
function waitingCount({ samples, deliveries }: TraceView): (ms: number) => number {
  const last = new SampleMap<number>();
  for (const { bootId, seq, atMs } of [...deliveries.first, ...deliveries.repeated])
    last.set({ bootId, seq }, Math.max(atMs, last.get({ bootId, seq }) ?? 0));
  const storedMs = samples.map((sample) => sample.storedMs);
  const leftMs = samples
    .map((sample) => Math.max(sample.storedMs, last.get(sample) ?? sample.dropReport?.atMs ?? Infinity))
    .sort((a, b) => a - b);
  const identity = (ms: number): number => ms;
  return (ms) => countUntil(storedMs, ms, identity) - countUntil(leftMs, ms, identity);
}

/** Number of deliveries at a time since the last one of which the client knows: it sends them in order. */
function unacknowledgedCount(view: TraceView, facts: RunFacts): (ms: number) => number {
  const { first } = view.deliveries;
  const isAcknowledged = acknowledgements(view, facts);
  const known = first.flatMap((delivery, index) =>
    isAcknowledged(delivery) ? [{ atMs: delivery.atMs + ACKNOWLEDGED_MS, count: index + 1 }] : [],
  );
  return (ms) => {
    const delivered = countUntil(first, ms, ({ atMs }) => atMs);
    return Math.min(MAX_IN_FLIGHT, delivered - (lastUntil(known, ms, ({ atMs }) => atMs)?.count ?? 0));
  };
}
