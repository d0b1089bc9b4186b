import { MAX_IN_FLIGHT } from './drain.ts';
import { excusedSpans } from './excuses.ts';
import type { Excuses, RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { Delivery } from './view/deliveries.ts';
import { firstAfter } from './view/search.ts';

/** Longest interval between attempts to read from a disk that cannot be read (docs/topics.md: as soon as it can). */
const READ_RETRY_MS = 12_000;

/** The samples of an earlier process cannot be read: those of later ones are sent meanwhile. */
export const ORDER_EXCUSES: Excuses = {
  'disk.damage': {
    about: `until ${READ_RETRY_MS / 1_000} s + ${MAX_IN_FLIGHT} / drain_rate after the next read of samples from the disk`,
    until: ({ beginMs }, { view, facts }) => {
      const readMs = firstAfter(view.loads, beginMs, ({ atMs }) => atMs)?.atMs ?? Infinity;
      return readMs + READ_RETRY_MS + (MAX_IN_FLIGHT * 1_000) / facts.config.mqtt.drainRatePerS;
    },
  },
};

/** A sample that was delivered after one that was stored later. */
export interface OutOfOrder {
  readonly delivery: Delivery;
  /** The later sample, which was delivered first. */
  readonly after: Delivery;
}

/**
 * First deliveries that are out of order: within one client process by sequence number, across processes by the order of
 * their starts. Samples that were delivered from memory, because the disk failed, or while it could not be
 * read, are not compared across processes.
 */
export function outOfOrderDeliveries(view: TraceView, facts: RunFacts): OutOfOrder[] {
  const { deliveries, samples } = view;
  const ranks = new Map<string, number>();
  for (const { bootId } of samples) if (!ranks.has(bootId)) ranks.set(bootId, ranks.size);
  const highest = new Map<string, Delivery>();
  let newest: { readonly rank: number; readonly delivery: Delivery } | undefined;
  const unreadable = excusedSpans(view, facts, ORDER_EXCUSES);
  const found: OutOfOrder[] = [];
  for (const delivery of deliveries.first) {
    const { bootId, seq } = delivery;
    const isStored = (view.sampleOf(delivery)?.storedMs ?? Infinity) <= delivery.atMs;
    const rank = isStored ? ranks.get(bootId) : undefined;
    const before = highest.get(bootId);
    if (before && before.seq > seq) found.push({ delivery, after: before });
    else highest.set(bootId, delivery);
    if (rank === undefined) continue;
    if (newest && newest.rank > rank) found.push({ delivery, after: newest.delivery });
    else if (!unreadable.overlaps(delivery.atMs - 1, delivery.atMs)) newest = { rank, delivery };
  }
  return found;
}
