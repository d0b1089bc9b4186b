import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Rig } from './rig.ts';

/** Longer than the first interval between attempts to write. */
const A_WHILE_MS = 5_000;
const ACK_DELAY_MS = 2 * A_WHILE_MS;

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start({ config: { drainRatePerS: 1_000 } });
});
afterEach(async () => {
  expect(await rig.close(), 'timers that outlive the uplink').toBe(0);
});

const range = (boot: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${boot}/${from + index}`);
const journal = (): string[] => rig.journal.map(({ boot_id: boot, seq }) => `${boot}/${seq}`);

/** Starts a process while writes fail, after one that has stored samples. */
async function startWithoutDisk(left: number): Promise<void> {
  await rig.append(left);
  rig.disk.kill();
  rig.disk.fail({ code: 'ENOSPC' });
  await rig.boot();
  rig.run();
  await rig.clock.advance(A_WHILE_MS);
}

describe('a client that started without a disk', () => {
  it('delivers the samples of an earlier process as soon as they are readable, on the same connection', async () => {
    await startWithoutDisk(30);
    await rig.append(20);
    await rig.clock.advance(A_WHILE_MS);
    expect(journal()).toEqual(range('boot-2', 1, 20));
    rig.disk.heal();
    await rig.append(1);
    await rig.clock.advance(A_WHILE_MS);
    expect(journal()).toEqual([...range('boot-2', 1, 21), ...range('boot-1', 1, 30)]);
    expect(rig.outbox.usage).toEqual({ count: 0, bytes: 0 });
    expect(rig.counters.brokerConnects).toBe(1);
  });

  it('does not deliver samples twice that are in flight when the disk becomes available', async () => {
    await startWithoutDisk(30);
    rig.broker.behaviours.add({ delayMs: ACK_DELAY_MS });
    await rig.append(200);
    await rig.clock.advance(ACK_DELAY_MS / 2);
    const before = journal().length;
    expect(before).toBeGreaterThan(20);
    expect(rig.outbox.delivered).toBe(0);
    rig.disk.heal();
    await rig.append(1);
    expect(rig.outbox.usage.count).toBe(231);
    await rig.clock.advance(ACK_DELAY_MS / 2);
    rig.broker.behaviours.clear();
    await rig.clock.advance(4 * A_WHILE_MS);

    const arrived = journal();
    expect(arrived.slice(0, before)).toEqual(range('boot-2', 1, before));
    expect(arrived.filter((name) => name.startsWith('boot-1'))).toEqual(range('boot-1', 1, 30));
    expect(arrived.filter((name) => name.startsWith('boot-2'))).toEqual(range('boot-2', 1, 201));
    expect(rig.counters.brokerConnects).toBe(1);
  });

  it('does not deliver samples twice if the disk is slow to delete them', async () => {
    await startWithoutDisk(3);
    rig.broker.behaviours.add({ delayMs: ACK_DELAY_MS });
    await rig.append(20);
    await rig.clock.advance(A_WHILE_MS);
    rig.disk.heal();
    await rig.append(1);
    rig.disk.slow(200);
    rig.broker.behaviours.clear();
    await rig.clock.advance(4 * A_WHILE_MS);
    expect(journal()).toEqual([...range('boot-2', 1, 21), ...range('boot-1', 1, 3)]);
  });

  it('delivers the stored samples after a connection was lost in the meantime', async () => {
    await startWithoutDisk(10);
    await rig.append(5);
    rig.broker.behaviours.add({ delayMs: ACK_DELAY_MS });
    await rig.append(5);
    await rig.clock.advance(A_WHILE_MS);
    rig.broker.disconnectAll();
    rig.disk.heal();
    await rig.append(1);
    rig.broker.behaviours.clear();
    await rig.clock.advance(4 * A_WHILE_MS);
    expect(new Set(journal())).toEqual(new Set([...range('boot-2', 1, 11), ...range('boot-1', 1, 10)]));
    expect(rig.outbox.usage.count).toBe(0);
  });
});
