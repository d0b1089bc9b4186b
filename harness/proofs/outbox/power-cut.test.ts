import { describe, expect, it } from 'vitest';
import type { VirtualDisk } from '../../world/disk/virtual-disk.ts';
import { ROOMY, withPowerCuts, type Witness } from './testing/outbox-witness.ts';

/** Runs four client processes that use all operations of an outbox. */
async function workload(disk: VirtualDisk, witness: Witness): Promise<void> {
  const first = await witness.start('a', { ...ROOMY, maxCount: 4 });
  for (let count = 0; count < 3; count++) await witness.append(first);
  await witness.deliver(first, 2);
  for (let count = 0; count < 5; count++) await witness.append(first);
  await witness.quarantine(first);
  await witness.append(first);
  first.ledger.announced(first.ledger.ranges);
  await witness.deliver(first, 1);
  await first.close();

  const second = await witness.start('b', { ...ROOMY, maxCount: 4, whenFull: 'drop-newest' });
  for (let count = 0; count < 4; count++) await witness.append(second);
  await witness.deliver(second, 2);
  await witness.append(second);
  disk.kill();

  const third = await witness.start('c', { ...ROOMY, maxCount: 5 });
  for (const at of ['write', 'sync'] as const) {
    await witness.append(third);
    disk.fail({ code: 'ENOSPC', at });
    for (let count = 0; count < 2; count++) await witness.append(third);
    await witness.deliver(third, 1);
    await witness.quarantine(third);
    disk.heal();
    await witness.append(third);
  }
  await witness.deliver(third, 2);
  await third.close();

  const fourth = await witness.start('d');
  await witness.append(fourth);
  await witness.deliver(fourth, 100);
}

describe('a power cut', () => {
  it('at any disk event loses no stored sample, keeps the order, and every drop is reported', async () => {
    const { witness, drops, violations } = await withPowerCuts(workload);
    expect(violations).toEqual([]);
    expect(new Set(drops.values())).toEqual(new Set(['count', 'refused']));
    expect(witness.rejected.size).toBeGreaterThan(0);
  });
});
