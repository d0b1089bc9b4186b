import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../client/log.ts';
import { Outbox } from '../../../client/outbox/outbox.ts';
import { keyOf } from '../../../client/outbox/store/tables.ts';
import { waiting } from '../../../client/outbox/testing/waiting.ts';
import { VirtualDisk, type DiskEvent } from '../../world/disk/virtual-disk.ts';

const PATH = 'outbox';
const MAX_COUNT = 10_000;
/** Number of additional samples, enough for several chunks of an upgrade. */
const ADDITIONAL_SAMPLES = 1_000;

/** Returns the content of a store of the first version with a long backlog. */
function oldStore(): [key: string, value: string][] {
  const lines = readFileSync('fixtures/stores/layout-0.jsonl', 'utf8').trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { key: string; value: string });
  const last = rows.at(-1)?.value ?? '';
  const more = Array.from({ length: ADDITIONAL_SAMPLES }, (_, index) => {
    const seq = 6 + index;
    return [`!samples!${keyOf(3, seq)}`, last.replace(/"seq":\d+/, `"seq":${seq}`)] as [string, string];
  });
  return [...rows.map(({ key, value }) => [key, value] as [string, string]), ...more];
}

async function payloadsAfter(disk: VirtualDisk): Promise<string[]> {
  const outbox = Outbox.start({
    bootId: 'now',
    bounds: { maxCount: MAX_COUNT, maxBytes: 1e9, maxAgeMs: 1e15, whenFull: 'drop-oldest' },
    now: () => ({ atMs: 0, wallMs: 0, clockSynced: false }),
    stores: disk,
    path: PATH,
    log: createLogger({ level: 'silent', format: 'json', sink: { write: () => undefined } }),
  });
  await outbox.settled();
  const payloads = (await waiting(outbox)).map(({ payload }) => payload);
  disk.kill();
  await outbox.close();
  return payloads;
}

describe('the upgrade of an old outbox', () => {
  it('neither loses nor duplicates samples if a power cut or a full disk interrupts it at any event', async () => {
    const old = oldStore();
    const payloads = old.filter(([key]) => key.startsWith('!samples!')).map(([, payload]) => payload);
    const events: DiskEvent[] = [];
    const undisturbed = new VirtualDisk((event) => events.push(event));
    undisturbed.fill(PATH, old);
    expect(await payloadsAfter(undisturbed)).toEqual(payloads);
    expect(events.filter(({ kind }) => kind === 'write').length).toBeGreaterThan(3);

    for (const { number, pending } of events) {
      for (const kept of new Set([0, pending])) {
        const disk = new VirtualDisk();
        disk.fill(PATH, old);
        disk.powerCutAt({ before: number }, kept);
        expect(await payloadsAfter(disk)).toEqual([]);
        disk.powerOn();
        expect(await payloadsAfter(disk), `power cut before ${number}, ${kept} kept`).toEqual(payloads);
      }
      const disk = new VirtualDisk();
      disk.fill(PATH, old);
      disk.fail({ code: 'ENOSPC', from: number, at: 'write' });
      await payloadsAfter(disk);
      disk.heal();
      expect(await payloadsAfter(disk), `disk full from ${number} on`).toEqual(payloads);
    }
  });
});
