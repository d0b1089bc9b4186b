import { createLogger } from '../../../../client/log.ts';
import { Outbox } from '../../../../client/outbox/outbox.ts';
import type { DroppedRange } from '../../../../client/outbox/stored-sample.ts';
import { diskStores } from '../../../../client/outbox/store/disk-stores.ts';
import { waiting } from '../../../../client/outbox/testing/waiting.ts';

/** Result of opening one outbox. */
export interface OpeningReport {
  readonly path: string;
  /** Payloads in the outbox, in order. */
  readonly payloads: readonly string[];
  /** Log messages. */
  readonly logged: readonly string[];
  /** Ranges announced as lost. */
  readonly dropped: readonly DroppedRange[];
  /** Number of damages for which the lost samples are unknown. */
  readonly damages: number;
  /** Whether a new sample was found after the others when the outbox was opened again. */
  readonly works: boolean;
}

const MAX_COUNT = 10_000;
/** Far longer than necessary on any machine. */
const TIMEOUT_MS = 30_000;

const logged: string[] = [];
const log = createLogger({
  level: 'debug',
  format: 'json',
  sink: { write: (line) => logged.push((JSON.parse(line) as { msg: string }).msg) },
});

async function open(path: string): Promise<Outbox> {
  const outbox = Outbox.start({
    bootId: 'now',
    bounds: { maxCount: MAX_COUNT, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: diskStores,
    path,
    log,
  });
  await outbox.settled();
  return outbox;
}

/** Waits until all undelivered samples are read or known to be lost; returns their payloads. */
async function payloadsOf(outbox: Outbox): Promise<string[]> {
  const reader = outbox.reader();
  const stop = new AbortController();
  for (;;) {
    const entries = await waiting(outbox);
    if (entries.length === outbox.usage.count) {
      stop.abort();
      return entries.map(({ payload }) => payload);
    }
    await Promise.race([reader.next(MAX_COUNT, [stop.signal]), outbox.drained(TIMEOUT_MS, stop.signal)]);
  }
}

// Opens outboxes one after the other, in a process that may crash.
for (const path of process.argv.slice(2)) {
  logged.length = 0;
  const first = await open(path);
  const payloads = await payloadsOf(first);
  const { ranges, damages } = first.ledger;
  await first.append(() => 'new');
  await first.close();
  const second = await open(path);
  const works = (await payloadsOf(second)).join() === [...payloads, 'new'].join();
  await second.close();
  const report: OpeningReport = { path, payloads, logged: [...logged], dropped: ranges, damages, works };
  // A report is longer than the buffer of a pipe: wait until it is sent before the channel is closed.
  await new Promise((resolve) => process.send?.(report, resolve));
}
process.disconnect();
