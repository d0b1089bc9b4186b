import type { Outbox } from '../outbox.ts';
import type { Entry } from '../stored-sample.ts';

/** Everything that waits in an outbox, as far as it can be read, oldest first. */
export async function waiting(outbox: Outbox, limit = Infinity): Promise<Entry[]> {
  const reader = outbox.reader();
  const entries: Entry[] = [];
  for (;;) {
    const next = await reader.available(limit - entries.length);
    entries.push(...next);
    if (next.length === 0 || entries.length >= limit) return entries;
  }
}

/** Dropped ranges, one word each and short. */
export function droppedRanges({ ledger }: Outbox): string[] {
  return ledger.ranges.map(({ bootId, from, to, reason }) => `${bootId} ${from}-${to} ${reason}`);
}
