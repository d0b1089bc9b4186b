import { describe, expect, it } from 'vitest';
import type { DiskEvent, VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { ROOMY, withPowerCuts, type Workload, type Witness } from './testing/outbox-witness.ts';

/** Runs two processes that start while writes fail, after one that has stored samples. */
async function unavailableWorkload(disk: VirtualDisk, witness: Witness): Promise<void> {
  const first = await witness.start('a', { ...ROOMY, maxCount: 5 });
  for (let count = 0; count < 6; count++) await witness.append(first);
  await witness.quarantine(first);
  await witness.deliver(first, 1);
  disk.kill();

  disk.fail({ code: 'ENOSPC' });
  const second = await witness.start('b', { ...ROOMY, maxCount: 5 });
  for (let count = 0; count < 6; count++) await witness.append(second);
  await witness.deliverFromMemory(second, 1);
  await witness.quarantine(second);
  await witness.append(second);
  const inFlight = await witness.send(second, 2);
  disk.heal();
  await witness.append(second);
  await witness.acknowledge(second, inFlight);
  await witness.append(second);
  await witness.quarantine(second);
  await witness.deliver(second, 1);
  disk.kill();

  disk.fail({ code: 'EIO' });
  const third = await witness.start('c', { ...ROOMY, maxCount: 5, whenFull: 'drop-newest' });
  for (let count = 0; count < 4; count++) await witness.append(third);
  await witness.deliverFromMemory(third, 1);
  disk.heal();
  await witness.append(third);
  await witness.deliver(third, 4);
  await witness.append(third);
}

/** Runs a process that needs several attempts to write its buffered samples. */
function retryWorkload(at: DiskEvent['kind'], older: number): Workload {
  return async (disk, witness) => {
    if (older > 0) {
      const first = await witness.start('a');
      for (let count = 0; count < older; count++) await witness.append(first);
      disk.kill();
    }
    disk.fail({ code: 'ENOSPC' });
    const second = await witness.start('b', { ...ROOMY, maxCount: 7 });
    for (let count = 0; count < 4; count++) await witness.append(second);
    await witness.deliverFromMemory(second, 1);
    // If the store is empty, its version is written and synced first.
    const before = older > 0 ? 0 : 4;
    disk.fail({ code: 'ENOSPC', at, from: disk.eventCount + before + (at === 'write' ? 1 : 2) });
    await witness.append(second);
    await witness.append(second);
    const inFlight = await witness.send(second, 3);
    await witness.acknowledge(second, inFlight.slice(0, 2));
    await witness.quarantine(second);
    disk.heal();
    await witness.append(second);
    await witness.acknowledge(second, inFlight);
    for (let count = 0; count < 4; count++) await witness.append(second);
    await witness.deliver(second, 2);
    await second.close();
  };
}

describe('a power cut', () => {
  it('at any event, if the disk was unavailable at start, neither loses nor duplicates stored samples', async () => {
    const { witness, drops, violations } = await withPowerCuts(unavailableWorkload);
    expect(violations).toEqual([]);
    expect(new Set(drops.values())).toEqual(new Set(['count', 'refused']));
    expect(witness.deliveredUnstored.size).toBe(2);
  });

  it.each([
    { at: 'write', older: 0 },
    { at: 'sync', older: 0 },
    { at: 'sync', older: 3 },
  ] as const)(
    'loses no stored sample if the first write of buffered samples failed at the $at, after $older older samples',
    async ({ at, older }) => {
      const { drops, violations } = await withPowerCuts(retryWorkload(at, older));
      expect(violations).toEqual([]);
      expect(drops.size).toBeGreaterThan(0);
    },
  );
});
