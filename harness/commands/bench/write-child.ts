import { readFileSync } from 'node:fs';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { pause } from '../../../client/wait.ts';
import { outboxOptions } from './outbox-options.ts';

export interface WriteJob {
  readonly path: string;
  readonly payload: string;
  readonly count: number;
  readonly syncIntervalMs: number;
}

/** What the kernel counts for this process. */
export interface WriteResult {
  /** Bytes handed to write(). */
  readonly written: number;
  /** Bytes of pages that are to reach the disk. */
  readonly dirtied: number;
}

/** What the broker takes to acknowledge a sample. */
const ROUND_TRIP_MS = 5;

// Rides along with the broker connected: each sample is appended, delivered and released.
const [jobText = ''] = process.argv.slice(2);
const { path, payload, count, syncIntervalMs } = JSON.parse(jobText) as WriteJob;
const outbox = Outbox.start({ ...outboxOptions(path), syncIntervalMs });
await outbox.settled();
const reader = outbox.reader();
const before = counters();
for (let sample = 0; sample < count; sample++) {
  void outbox.append(() => payload);
  await pause(ROUND_TRIP_MS);
  for (const entry of await reader.available(count)) outbox.release(entry);
}
const after = counters();
await outbox.close();
const result: WriteResult = {
  written: after.written - before.written,
  dirtied: after.dirtied - before.dirtied,
};
process.send?.(result, () => process.disconnect());

function counters(): WriteResult {
  const text = readFileSync('/proc/self/io', 'latin1');
  const valueOf = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1]);
  return { written: valueOf('wchar'), dirtied: valueOf('write_bytes') };
}
