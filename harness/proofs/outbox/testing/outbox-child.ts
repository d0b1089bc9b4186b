import { createLogger } from '../../../../client/log.ts';
import { Outbox } from '../../../../client/outbox/outbox.ts';
import type { DroppedRange } from '../../../../client/outbox/stored-sample.ts';
import { diskStores } from '../../../../client/outbox/store/disk-stores.ts';
import { waiting } from '../../../../client/outbox/testing/waiting.ts';

/** What became of one outbox. */
export interface OpeningReport {
  readonly path: string;
  /** The payloads that were found, in order. */
  readonly payloads: readonly string[];
  /** What the log said. */
  readonly said: readonly string[];
  /** What was announced as lost. */
  readonly dropped: readonly DroppedRange[];
  /** Number of times that nobody can tell what was lost. */
  readonly damages: number;
  /** Whether a new sample was found behind the others when the outbox was opened once more. */
  readonly works: boolean;
}

const EVERYTHING = 10_000;
/** Far more than it takes anywhere. */
const TIMEOUT_MS = 30_000;

const said: string[] = [];
const log = createLogger({
  level: 'debug',
  format: 'json',
  sink: { write: (line) => said.push((JSON.parse(line) as { msg: string }).msg) },
});

async function open(path: string): Promise<Outbox> {
  const outbox = Outbox.start({
    bootId: 'now',
    bounds: { maxCount: EVERYTHING, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: diskStores,
    path,
    log,
  });
  await outbox.settled();
  return outbox;
}

/** What waits, once all of it can be read, or is known to be lost. */
async function payloadsOf(outbox: Outbox): Promise<string[]> {
  const reader = outbox.reader();
  const stop = new AbortController();
  for (;;) {
    const entries = await waiting(outbox);
    if (entries.length === outbox.usage.count) {
      stop.abort();
      return entries.map(({ payload }) => payload);
    }
    await Promise.race([reader.next(EVERYTHING, [stop.signal]), outbox.drained(TIMEOUT_MS, stop.signal)]);
  }
}

// Opens outboxes one after the other, in a process that may die of it.
for (const path of process.argv.slice(2)) {
  said.length = 0;
  const first = await open(path);
  const payloads = await payloadsOf(first);
  const { ranges, damages } = first.ledger;
  await first.append(() => 'new');
  await first.close();
  const second = await open(path);
  const works = (await payloadsOf(second)).join() === [...payloads, 'new'].join();
  await second.close();
  const report: OpeningReport = { path, payloads, said: [...said], dropped: ranges, damages, works };
  // A report is longer than a pipe: what is still to be written would go with the channel.
  await new Promise((resolve) => process.send?.(report, resolve));
}
process.disconnect();
