import type { TraceView } from './trace-view.ts';
import { SampleMap } from './view/deliveries.ts';

/** The most samples that were in memory at a time, although they were on disk. */
export interface InMemory {
  readonly atMs: number;
  readonly count: number;
}

/**
 * Counts stored samples in memory: a sample that is delivered was in memory since it was last read from the disk, or, if it
 * never was, since it was stored. Samples that are never delivered are not seen.
 */
export function mostInMemory({ deliveries, samples, loads }: TraceView): InMemory {
  const changes = residences({ deliveries, samples, loads }).flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, by: 1 },
    { atMs: toMs, by: -1 },
  ]);
  // What leaves the memory at the same moment makes room first.
  changes.sort((one, other) => one.atMs - other.atMs || one.by - other.by);
  let count = 0;
  let most: InMemory = { atMs: 0, count: 0 };
  for (const { atMs, by } of changes) {
    count += by;
    if (count > most.count) most = { atMs, count };
  }
  return most;
}

/** For each delivered sample that was stored before, since when it was in memory until its delivery. */
function residences({
  deliveries,
  samples,
  loads,
}: Pick<TraceView, 'deliveries' | 'samples' | 'loads'>): readonly {
  readonly fromMs: number;
  readonly toMs: number;
}[] {
  const since = new SampleMap<number>();
  const pending = [...loads].reverse();
  const stored = new SampleMap<number>();
  for (const sample of samples) stored.set(sample, sample.storedMs);
  return deliveries.first.flatMap((delivery) => {
    const { atMs: toMs } = delivery;
    for (let load = pending.at(-1); load && load.atMs <= toMs; load = pending.at(-1)) {
      const { atMs, bootId, first, last } = load;
      for (let seq = first; seq <= last; seq++) since.set({ bootId, seq }, atMs);
      pending.pop();
    }
    const fromMs = since.get(delivery) ?? stored.get(delivery);
    return fromMs === undefined || fromMs >= toMs ? [] : [{ fromMs, toMs }];
  });
}
