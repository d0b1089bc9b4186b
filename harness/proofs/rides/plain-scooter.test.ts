import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeAdvertisement, type Generation } from '../../../protocol/advertisement.ts';
import { ADDRESSES } from '../../../protocol/message.ts';
import { decodeBlock } from '../../../protocol/registers/codec.ts';
import { type Block, BLOCKS } from '../../../protocol/registers/table.ts';
import type { FirmwareEvent } from '../../../simulator/firmware/firmware.ts';
import type { ModelId } from '../../../simulator/ride/models.ts';
import type { VirtualScooter } from '../../../simulator/scooter.ts';
import { Ride, TOKEN } from './testing/ride.ts';

const ADDRESS = 'c8:f0:9e:00:00:01';
const NAME = 'MIScooter0001';
const MODEL_TYPE = 0x28;

let ride: Ride;
let scooter: VirtualScooter | undefined;
let events: FirmwareEvent[];
beforeEach(() => {
  ride = new Ride();
  ride.configure();
  events = [];
});
afterEach(async () => {
  scooter?.close();
  scooter = undefined;
  await ride.end();
});

/** Puts a scooter of another kind in the place of the world's own. */
async function park(model: ModelId, generation?: Generation): Promise<void> {
  await ride.begin();
  ride.world.switchOff();
  const { VirtualScooter } = await import('../../../simulator/scooter.ts');
  const { MODELS } = await import('../../../simulator/ride/models.ts');
  const { Ride: Route } = await import('../../../simulator/ride/ride.ts');
  const { VirtualAdapter } = await import('../../world/radio/virtual-adapter.ts');
  scooter = new VirtualScooter({
    adapter: new VirtualAdapter(ride.world.scooterController),
    address: ADDRESS,
    ride: new Route({ model: MODELS[model], startOdometerM: 250_000 }),
    random: (count) => Buffer.alloc(count, 1),
    onEvent: (event) => events.push(event),
    ...(generation && { generation }),
  });
  await ride.clock.until(scooter.start());
}

/** Has the scooter advertise something else than it is. */
function advertise(advertisement: Buffer): void {
  ride.world.scooterController.advertiser.advertisement = advertisement;
}

/** An advertisement whose manufacturer data, which it ends with, were damaged. */
function unreadable(generation: Generation): Buffer {
  const { advertisement } = encodeAdvertisement({ name: NAME, modelType: MODEL_TYPE, generation });
  advertisement.writeUInt8(advertisement.readUInt8(advertisement.length - 1) ^ 1, advertisement.length - 1);
  return advertisement;
}

const count = (type: FirmwareEvent['type']): number => events.filter((event) => event.type === type).length;

function replies({ device, register }: Block): Buffer[] {
  return events.flatMap((event) =>
    event.type === 'replied' && event.address === ADDRESSES[device].reply && event.register === register
      ? [event.data]
      : [],
  );
}

async function rideFor(ms: number): Promise<void> {
  const run = ride.command('run');
  await ride.clock.advance(ms);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
}

describe('a ride with an m365 of the plain generation', () => {
  it('needs no token, and publishes in each sample what the registers held', async () => {
    await park('m365');
    await rideFor(60_000);
    expect(existsSync(ride.tokenPath)).toBe(false);
    expect(ride.said).toContain('"model":"M365","generation":"plain"');
    expect(ride.payloads.length).toBeGreaterThanOrEqual(10);
    ride.payloads.forEach((payload, index) => {
      const live = decodeBlock(BLOCKS.live, replies(BLOCKS.live)[index] ?? Buffer.alloc(0));
      const battery = decodeBlock(BLOCKS.battery, replies(BLOCKS.battery)[index] ?? Buffer.alloc(0));
      expect(payload).toMatchObject({
        seq: index + 1,
        total_distance_m: live.odometerM,
        trip_distance_m: live.tripM,
        uptime_sec: live.uptimeS,
        battery_info: { capacity: battery.remainingMah, voltage: battery.voltageV },
      });
    });
    expect(ride.payloads.at(-1)?.['total_distance_m']).toBeGreaterThan(250_100);
  });

  it('goes on over a gap of 3 s on the same connection', async () => {
    await park('m365');
    ride.gap(3_000, 14_000);
    await rideFor(33_000);
    expect(count('connected')).toBe(1);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('comes back by itself after a lost connection', async () => {
    await park('m365');
    ride.gap(6_000, 14_000);
    await rideFor(40_000);
    expect(count('connected')).toBe(2);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('goes on although some notifications are noise, and others come twice', async () => {
    await park('m365');
    let heard = 0;
    ride.onNotify = ({ bytes }) => {
      heard += 1;
      if (heard % 10 === 0) return [Buffer.alloc(bytes.length, 0x55)];
      return heard % 3 === 0 ? [bytes, bytes] : [bytes];
    };
    await rideFor(60_000);
    expect(count('connected')).toBe(1);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(8);
    for (const payload of ride.payloads) expect(payload['total_distance_m']).toBeGreaterThanOrEqual(250_000);
  });

  it('begins although its advertisement cannot be read: its services tell enough', async () => {
    await park('m365');
    advertise(unreadable('plain'));
    await rideFor(10_000);
    expect(ride.payloads.length).toBeGreaterThan(0);
  });

  it('needs no pairing, and `register` says so', async () => {
    await park('m365');
    expect(await ride.clock.until(ride.command('register', ADDRESS))).toBe(0);
    expect(ride.said).toContain('no token is needed');
    expect(existsSync(ride.tokenPath)).toBe(false);
    expect(count('beep')).toBe(0);
  });
});

describe('a scooter from between the plain frames and MiAuth', () => {
  it.each(['run', 'register'])(
    'ends `%s` with 78, and the advice to update its firmware',
    async (command) => {
      await park('pro', 'xor');
      const args = command === 'register' ? [command, ADDRESS] : [command];
      expect(await ride.clock.until(ride.command(...args))).toBe(78);
      expect(ride.said).toContain('This M365 Pro is not supported');
      expect(ride.said).toContain('Update the firmware');
      expect(count('connected')).toBe(1);
      expect(existsSync(ride.tokenPath)).toBe(false);
    },
  );
});

describe('a scooter that speaks MiAuth', () => {
  it.each(['plain', 'xor'] as const)(
    'is logged in to although it advertises %s frames',
    async (generation) => {
      await ride.begin({ token: TOKEN });
      advertise(encodeAdvertisement({ name: NAME, modelType: MODEL_TYPE, generation }).advertisement);
      await rideFor(10_000);
      expect(ride.count('loggedIn')).toBe(1);
      expect(ride.payloads.length).toBeGreaterThan(0);
    },
  );

  it('is not even connected to without a token', async () => {
    await ride.begin();
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.said).toContain('martinete register');
    expect(ride.count('connected')).toBe(0);
  });

  it('ends the ride with 77 without a token, even where it does not advertise what it is', async () => {
    await ride.begin();
    advertise(unreadable('miauth'));
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.said).toContain('martinete register');
    expect(ride.count('connected')).toBe(1);
  });

  it('ends with 78 where it advertises MiAuth and has no characteristic for it', async () => {
    await park('m365');
    advertise(encodeAdvertisement({ name: NAME, modelType: 0x20, generation: 'miauth' }).advertisement);
    expect(await ride.clock.until(ride.command('register', ADDRESS))).toBe(78);
    expect(ride.said).toContain('no characteristic 0019');
  });
});
