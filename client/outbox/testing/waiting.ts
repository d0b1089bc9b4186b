import type { Outbox } from '../outbox.ts';
import type { Entry } from '../stored-sample.ts';

/** Reads the undelivered samples of an outbox that are readable now, oldest first. */
export async function waiting(outbox: Outbox, limit = Infinity): Promise<Entry[]> {
  const reader = outbox.reader();
  const entries: Entry[] = [];
  for (;;) {
    const next = await reader.available(limit - entries.length);
    entries.push(...next);
    if (next.length === 0 || entries.length >= limit) return entries;
  }
}

/** Formats the dropped ranges of an outbox, such as `a 1-2 count`. */
export function droppedRanges({ ledger }: Outbox): string[] {
  return ledger.ranges.map(({ bootId, from, to, reason }) => `${bootId} ${from}-${to} ${reason}`);
}
