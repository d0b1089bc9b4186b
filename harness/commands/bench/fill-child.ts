import { diskRoom } from '../../../client/outbox/disk-room.ts';
import { openLayout } from '../../../client/outbox/layout.ts';
import { keyOf } from '../../../client/outbox/entry.ts';

const FILL_CHUNK = 1_000;

// Fills an outbox with the backlog of an earlier process.
const [path = '', count = '0', payload = ''] = process.argv.slice(2);
const store = diskRoom.create(path);
await store.open();
const { samples } = await openLayout(store);
for (let filled = 0; filled < Number(count); filled += FILL_CHUNK) {
  await samples.batch(
    Array.from({ length: Math.min(FILL_CHUNK, Number(count) - filled) }, (_, index) => ({
      type: 'put' as const,
      key: keyOf(1, filled + index + 1),
      value: { payload, atMs: 0, wallMs: Date.now(), clockSynced: true },
    })),
  );
}
await store.close();
