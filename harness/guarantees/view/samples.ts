import type { EventOf } from '../../trace/event.ts';
import type { Announcement, Announcements } from './announcements.ts';
import { keyOf, type Deliveries, type SampleId } from './deliveries.ts';

/** A sample whose append was synced, and what became of it. */
export interface Sample extends SampleId {
  readonly takenMs: number;
  /** When the broker first received it; Infinity where it never did. */
  readonly deliveredMs: number;
  /** Where the client has said that it will never come. */
  readonly announcement: Announcement | undefined;
}

/** What became of everything that was stored, in the order of storing. */
export function samplesOf(
  taken: readonly EventOf<'taken'>[],
  deliveries: Deliveries,
  announcements: Announcements,
): Sample[] {
  const known = new Set<string>();
  return taken.flatMap(({ atMs, bootId, seq }) => {
    const id = { bootId, seq };
    const key = keyOf(id);
    if (known.has(key)) return [];
    known.add(key);
    const deliveredMs = deliveries.of(id)?.atMs ?? Infinity;
    return [{ ...id, takenMs: atMs, deliveredMs, announcement: announcements.of(id) }];
  });
}
