import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeMiBeacon, type MiBeacon, scooterBeacon } from '../../../protocol/advertisement.ts';
import type { TestPeripheral } from '../../world/radio/testing/peripheral.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

const MAC = 'a4:c1:38:00:00:05';
/** Product ids: of a thermometer LYWSD03MMC, of the scooter in the only published capture, and of the first M365. */
const PRODUCT = { thermometer: 0x055b, captured: 0x0766, m365: 0x0156 } as const;

let ride: TestRide;
let device: TestPeripheral | undefined;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(async () => {
  device?.close();
  device = undefined;
  await ride.close();
});

/** Starts a device that advertises FE95 service data alone, and its name in the scan response. */
async function advertise(name: string, beacon: MiBeacon): Promise<void> {
  await ride.start({ token: TOKEN });
  const { TestPeripheral, localName } = await import('../../world/radio/testing/peripheral.ts');
  const { Controller } = await import('../../world/radio/controller.ts');
  const identity = { address: MAC, type: 'public' } as const;
  device = new TestPeripheral(new Controller(ride.world.air, { identity }), 23);
  await ride.clock.advance(100);
  const data = encodeMiBeacon(beacon);
  device.advertise(Buffer.concat([Buffer.of(data.length + 3, 0x16, 0x95, 0xfe), data]), localName(name));
}

const linesOf = (out: readonly string[]): readonly string[] => out.filter((line) => line.startsWith(MAC));

describe('a device with the service data of Xiaomi alone', () => {
  it('that is another product is not listed as a scooter', async () => {
    await advertise('LYWSD03MMC', scooterBeacon({ productId: PRODUCT.thermometer, mac: MAC }));
    expect(linesOf((await ride.scan(12)).out)).toEqual([]);
    expect(linesOf((await ride.scan(12, '--all')).out)).toEqual([
      expect.stringMatching(/LYWSD03MMC +not a scooter$/),
    ]);
  });

  it('that is recognised by a name that comes late is listed again', async () => {
    await advertise('MIScooter0005', scooterBeacon({ productId: PRODUCT.thermometer, mac: MAC }));
    const { advertiser } = device?.controller ?? expect.unreachable();
    const scanResponse = advertiser.scanResponseData;
    advertiser.scanResponseData = Buffer.alloc(0);
    setTimeout(() => (advertiser.scanResponseData = scanResponse), 5_000);
    expect(linesOf((await ride.scan(12, '--all')).out)).toEqual([
      expect.stringMatching(/not a scooter$/),
      expect.stringMatching(/MIScooter0005 +unknown model, MiAuth$/),
    ]);
  });

  it.each([
    ['MIScooter0005', PRODUCT.thermometer, 'unknown model, MiAuth'],
    ['renamed', PRODUCT.captured, 'unknown model, MiAuth'],
    ['renamed', PRODUCT.m365, 'M365, MiAuth'],
  ])('with the name %s and the product id %i is listed as: %s', async (name, productId, description) => {
    await advertise(name, scooterBeacon({ productId, mac: MAC }));
    expect(linesOf((await ride.scan(12)).out)).toEqual([
      expect.stringMatching(new RegExp(`${name} +${description}$`)),
    ]);
  });

  it('whose generation is unknown may need a pairing', async () => {
    await advertise('MIScooter0005', {
      ...scooterBeacon({ productId: PRODUCT.m365, mac: MAC }),
      authMode: 0,
    });
    expect(linesOf((await ride.scan(12)).out)).toEqual([
      expect.stringMatching(/M365, `register` tells whether it needs pairing$/),
    ]);
  });
});

it('a scan shows that it goes on until something is found, apart from the list', async () => {
  await ride.start({ token: TOKEN });
  const { out, log } = await ride.scan(12);
  expect(out).toEqual([expect.stringMatching(/^c8:f0:9e:00:00:01 .*MIScooter0001/)]);
  expect(log).toEqual(['Scanning for 12 s …']);
  ride.world.switchOff();
  expect(await ride.scan(12)).toEqual({
    out: ['No scooters found. Is it switched on, in range, and not connected to a phone?'],
    log: ['Scanning for 12 s …', 'Nothing found yet, 7 s left …', 'Nothing found yet, 2 s left …'],
  });
});
