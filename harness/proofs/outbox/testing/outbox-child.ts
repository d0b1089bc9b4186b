import { createLogger } from '../../../../client/log.ts';
import { diskRoom } from '../../../../client/outbox/disk-room.ts';
import { openOutbox, type OpenedOutbox } from '../../../../client/outbox/open.ts';

/** What became of one outbox. */
export interface OpeningReport {
  readonly path: string;
  /** The payloads that were found, in order. */
  readonly payloads: readonly string[];
  /** What the log said. */
  readonly said: readonly string[];
  /** Sequence numbers that were announced as lost. */
  readonly dropped: readonly number[];
  /** Whether a new sample was found behind the others when the outbox was opened once more. */
  readonly works: boolean;
}

const EVERYTHING = 10_000;

const said: string[] = [];
const log = createLogger({
  level: 'debug',
  format: 'json',
  sink: { write: (line) => said.push((JSON.parse(line) as { msg: string }).msg) },
});

async function open(path: string): Promise<OpenedOutbox> {
  return await openOutbox({
    bootId: 'now',
    bounds: { maxCount: EVERYTHING, maxBytes: 1e9, maxAgeMs: 1e12, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    room: diskRoom,
    path,
    log,
  });
}

async function payloadsOf({ outbox }: OpenedOutbox): Promise<string[]> {
  return (await outbox.next(EVERYTHING)).map(({ payload }) => payload);
}

// Opens outboxes one after the other, in a process that may die of it.
for (const path of process.argv.slice(2)) {
  said.length = 0;
  const first = await open(path);
  const payloads = await payloadsOf(first);
  const dropped = first.outbox.ledger.ranges.map(({ from }) => from);
  await first.outbox.append(() => 'new');
  await first.close();
  const second = await open(path);
  const works = (await payloadsOf(second)).join() === [...payloads, 'new'].join();
  await second.close();
  const report: OpeningReport = { path, payloads, said: [...said], dropped, works };
  // A report is longer than a pipe: what is still to be written would go with the channel.
  await new Promise((resolve) => process.send?.(report, resolve));
}
process.disconnect();
