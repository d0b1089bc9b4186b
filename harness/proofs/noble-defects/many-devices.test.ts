import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadedNoble } from '../../../hci/noble.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** What noble never forgets, by address. */
interface NobleMemory {
  readonly _peripherals: object;
  readonly _bindings: { readonly _gap: { readonly _discoveries: object } };
}

const instances: NobleMemory[] = [];
vi.mock(import('../../../hci/noble.ts'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    loadNoble: (...options: Parameters<typeof original.loadNoble>): LoadedNoble => {
      const loaded = original.loadNoble(...options);
      instances.push(loaded.noble as unknown as NobleMemory);
      return loaded;
    },
  };
});

/** People who pass by, one every second, each with a phone that nobody has seen before. */
const PASSERS_BY_EVERY_MS = 1_000;
const HOUR_MS = 3_600_000;
/** A search goes on with a new instance of noble after so long. */
const SEARCH_TURN_MS = 300_000;

let trouble: NobleRig;
let crowd: NodeJS.Timeout;
beforeEach(() => {
  trouble = new NobleRig();
  instances.length = 0;
});
afterEach(async () => {
  clearInterval(crowd);
  expect(trouble.violations).toEqual([]);
  await trouble.ride.close();
});

/** Lets them pass: advertisements under ever new random addresses. */
async function passBy(): Promise<void> {
  const { air } = trouble.ride.world;
  const { Controller } = await import('../../world/radio/controller.ts');
  const phone = new Controller(air, { identity: { address: 'd4:6a:6a:00:00:02', type: 'random' } });
  phone.advertiser.parameters = { ...phone.advertiser.parameters, addressType: 'random' };
  phone.advertiser.advertisingData = Buffer.from('020106', 'hex');
  phone.advertiser.enable(true);
  let count = 0;
  crowd = setInterval(() => {
    const tail = (count++).toString(16).padStart(6, '0').match(/../g)?.join(':') ?? '';
    phone.addresses.random = { address: `40:00:00:${tail}`, type: 'random' };
    if (phone.air.receiversOf(phone).next().value)
      trouble.ride.world.adapter.controller.receiveAdvertisement(phone);
  }, PASSERS_BY_EVERY_MS);
}

const known = ({ _peripherals, _bindings }: NobleMemory): number =>
  Math.max(Object.keys(_peripherals).length, Object.keys(_bindings._gap._discoveries).length);

const mostKnown = (): number => Math.max(...instances.map(known));

describe('in a crowd of ever new addresses, noble remembers', () => {
  it('none of them while the client rides for an hour, however often the link is lost', async () => {
    await trouble.setUp({ mqtt: 'send_interval = 60' });
    await passBy();
    await trouble.startPolling();
    const before = mostKnown();
    for (let minutes = 0; minutes < 60; minutes += 10) {
      await trouble.ride.clock.advance(HOUR_MS / 6);
      trouble.disconnect();
    }
    await trouble.nextSample();
    expect(mostKnown()).toBe(before);
    expect(instances).toHaveLength(1);
    await trouble.stopClient();
  });

  it('no more than passed by in one turn of the search, however long that lasts', async () => {
    await trouble.setUp({ scooter: 'search_window = 10800' });
    trouble.ride.world.scooter.close();
    await passBy();
    trouble.startClient();
    await trouble.ride.clock.advance(HOUR_MS);
    expect(mostKnown()).toBeGreaterThan(100);
    expect(mostKnown()).toBeLessThanOrEqual((2 * SEARCH_TURN_MS) / PASSERS_BY_EVERY_MS);
    await trouble.ride.clock.until(trouble.ride.world.switchOn());
    await trouble.nextSample();
    await trouble.stopClient();
  });
});
