import { Outbox } from '../../../client/outbox/outbox.ts';
import { outboxOptions } from './outbox-options.ts';

/** Samples that are written at once. */
const FILL_CHUNK = 5_000;

// Fills an outbox as a process without a broker does.
const [path = '', count = '0', payload = ''] = process.argv.slice(2);
const outbox = Outbox.start({ ...outboxOptions(path), bootId: 'fill' });
for (let filled = 0; filled < Number(count); filled += 1) {
  void outbox.append(() => payload);
  if (filled % FILL_CHUNK === 0) await outbox.settled();
}
await outbox.settled();
await outbox.close();
