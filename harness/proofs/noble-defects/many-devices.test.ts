import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoadedNoble } from '../../../hci/noble.ts';
import { NobleRig } from './testing/noble-rig.ts';

/** The tables in which noble keeps every device, by address. */
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

/** Interval at which a phone with a new address passes by. */
const NEW_DEVICE_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Interval at which a search replaces its instance of noble. */
const INSTANCE_MS = 300_000;

const rig = new NobleRig();
let phones: NodeJS.Timeout;
beforeEach(() => {
  instances.length = 0;
});
afterEach(async () => {
  clearInterval(phones);
  await rig.close();
});

/** Sends advertisements with ever new random addresses. */
async function sendNewDevices(): Promise<void> {
  const { air } = rig.ride.world;
  const { Controller } = await import('../../world/radio/controller.ts');
  const phone = new Controller(air, { identity: { address: 'd4:6a:6a:00:00:02', type: 'random' } });
  phone.advertiser.parameters = { ...phone.advertiser.parameters, addressType: 'random' };
  phone.advertiser.advertisingData = Buffer.from('020106', 'hex');
  phone.advertiser.enable(true);
  let count = 0;
  phones = setInterval(() => {
    const tail = (count++).toString(16).padStart(6, '0').match(/../g)?.join(':') ?? '';
    phone.addresses.random = { address: `40:00:00:${tail}`, type: 'random' };
    if (phone.air.receiversOf(phone).next().value)
      rig.ride.world.adapter.controller.receiveAdvertisement(phone);
  }, NEW_DEVICE_MS);
}

const knownDevices = ({ _peripherals, _bindings }: NobleMemory): number =>
  Math.max(Object.keys(_peripherals).length, Object.keys(_bindings._gap._discoveries).length);

const maxKnownDevices = (): number => Math.max(...instances.map(knownDevices));

describe('among changing addresses, noble remembers', () => {
  it('none of them while the client polls for an hour', async () => {
    await rig.setUp({ mqtt: 'send_interval = 60' });
    await sendNewDevices();
    await rig.startPolling();
    const before = maxKnownDevices();
    await rig.ride.clock.advance(HOUR_MS);
    await rig.nextSample();
    expect(maxKnownDevices()).toBe(before);
    expect(instances).toHaveLength(1);
    await rig.stopClient();
  });

  it('no more than pass by during one instance of noble, however long the scooter is away', async () => {
    await rig.setUp({ scooter: 'reconnect_window = 10800' });
    await sendNewDevices();
    await rig.startPolling();
    rig.ride.world.switchOff();
    await rig.ride.clock.advance(HOUR_MS);
    expect(maxKnownDevices()).toBeGreaterThan(100);
    expect(maxKnownDevices()).toBeLessThanOrEqual((2 * INSTANCE_MS) / NEW_DEVICE_MS);
    await rig.ride.clock.until(rig.ride.world.switchOn());
    await rig.nextSample();
    await rig.stopClient();
  });

  it('no more than pass by during one instance of noble, however long the search lasts', async () => {
    await rig.setUp({ scooter: 'search_window = 10800' });
    rig.ride.world.scooter.close();
    await sendNewDevices();
    rig.startClient();
    await rig.ride.clock.advance(HOUR_MS);
    expect(maxKnownDevices()).toBeGreaterThan(100);
    expect(maxKnownDevices()).toBeLessThanOrEqual((2 * INSTANCE_MS) / NEW_DEVICE_MS);
    await rig.ride.clock.until(rig.ride.world.switchOn());
    await rig.nextSample();
    await rig.stopClient();
  });
});
