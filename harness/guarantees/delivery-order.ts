import type { TraceView } from './trace-view.ts';
import type { Delivery } from './view/deliveries.ts';

/** A sample that was delivered after one that was stored later. */
export interface OutOfOrder {
  readonly delivery: Delivery;
  /** The later sample, which was delivered first. */
  readonly after: Delivery;
}

/**
 * First deliveries that are out of order: within one client process by sequence number, across processes by the order of
 * their starts. Samples that were delivered from memory, because the disk failed, are not compared across processes.
 */
export function outOfOrderDeliveries(view: TraceView): OutOfOrder[] {
  const { deliveries, samples } = view;
  const ranks = new Map<string, number>();
  for (const { bootId } of samples) if (!ranks.has(bootId)) ranks.set(bootId, ranks.size);
  const highest = new Map<string, Delivery>();
  let newest: { readonly rank: number; readonly delivery: Delivery } | undefined;
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
    else newest = { rank, delivery };
  }
  return found;
}
