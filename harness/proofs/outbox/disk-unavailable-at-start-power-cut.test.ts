import { describe, expect, it } from 'vitest';
import type { DiskEvent, VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { ROOMY, withPowerCuts, type Story, type Witness } from './testing/outbox-witness.ts';

/** Two processes that start on a broken disk, behind one that has left samples there. */
async function lateStory(disk: VirtualDisk, witness: Witness): Promise<void> {
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
  const onTheWay = await witness.send(second, 2);
  disk.heal();
  await witness.append(second);
  await witness.acknowledge(second, onTheWay);
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

/** A process whose way to the disk takes several attempts. */
function thwartedStory(at: DiskEvent['kind'], older: number): Story {
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
    const onTheWay = await witness.send(second, 3);
    await witness.acknowledge(second, onTheWay.slice(0, 2));
    await witness.quarantine(second);
    disk.heal();
    await witness.append(second);
    await witness.acknowledge(second, onTheWay);
    for (let count = 0; count < 4; count++) await witness.append(second);
    await witness.deliver(second, 2);
    await second.close();
  };
}

describe('a power cut', () => {
  it('at any instant of a story in which disks come late loses nothing that was on one, and doubles nothing', async () => {
    const { witness, told, wrong } = await withPowerCuts(lateStory);
    expect(wrong).toEqual([]);
    expect(new Set(told.values())).toEqual(new Set(['count', 'refused']));
    expect(witness.forgotten.size).toBe(2);
  });

  it.each([
    { at: 'write', older: 0 },
    { at: 'sync', older: 0 },
    { at: 'sync', older: 3 },
  ] as const)(
    'loses nothing where the move has failed at the $at before, behind $older older samples',
    async ({ at, older }) => {
      const { told, wrong } = await withPowerCuts(thwartedStory(at, older));
      expect(wrong).toEqual([]);
      expect(told.size).toBeGreaterThan(0);
    },
  );
});
