import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Generation } from '../../../protocol/advertisement.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel, MODELS } from '../../../simulator/models/models.ts';
import { type Payload, TestRide } from '../rides/testing/test-ride.ts';

const ADDRESS = 'c8:f0:9e:00:00:01';
/** Time in which the client connects, logs in, and the rider moves off. */
const RIDE_MS = 40_000;

const VARIANTS = Object.entries(MODELS).flatMap(([id, { generations }]) =>
  Object.values(generations).flatMap(({ generation, advertisements }) =>
    advertisements.map((advertisement): [string, ScooterModel] => [
      `${id}, ${generation}, advertises ${advertisement}`,
      findModel(id, { generation, advertisement }),
    ]),
  ),
);

/** Whether the client can name the model. FE95 service data has only a product id, and a source names only one. */
const isNamed = ({ name, advertisement }: ScooterModel): boolean =>
  advertisement !== 'fe95' || name === 'M365';

/** What `scan` says about each generation. */
const IN_SCAN: Readonly<Record<Generation, string>> = {
  plain: 'needs no pairing',
  xor: 'XOR, needs no pairing',
  miauth: 'MiAuth',
};

/** Addresses in replies; they and all offsets below are written down here, because client and simulator share a table. */
const ESC = 0x23;
const BMS = 0x25;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure({ scooter: 'authentication = "optional"' });
});
afterEach(() => ride.close());

/** Replies to reads from a register on, oldest first. */
function replies(address: number, register: number): Buffer[] {
  return ride.scooterEvents.flatMap((event) =>
    event.type === 'replied' && event.address === address && event.register === register ? [event.data] : [],
  );
}

/** Reads the values of a payload from the bytes that the scooter sent. */
function readPlainly(
  live: Buffer = Buffer.alloc(0),
  battery: Buffer = Buffer.alloc(0),
  range: Buffer = Buffer.alloc(0),
): Pick<Payload, 'battery_info'> & Record<string, unknown> {
  return {
    error: live.readUInt16LE(0),
    warning: live.readUInt16LE(2),
    locked: (live.readUInt16LE(4) & 2) !== 0,
    mode: live.readUInt16LE(6),
    speed_signed_kmh: live.readInt16LE(10) / 1000,
    total_distance_m: live.readUInt32LE(14),
    trip_distance_m: live.readUInt16LE(18) * 10,
    uptime_sec: live.readUInt16LE(20),
    frame_temp: live.readInt16LE(22) / 10,
    trip_distance_left_km: range.readUInt16LE(0) / 100,
    battery_info: {
      capacity: battery.readUInt16LE(0),
      percent: battery.readUInt16LE(2),
      current: battery.readInt16LE(4) / 100,
      voltage: battery.readUInt16LE(6) / 100,
      temperature_1: battery.readUInt8(8) - 20,
      temperature_2: battery.readUInt8(9) - 20,
    },
  };
}

async function pair({ generation }: ScooterModel): Promise<void> {
  ride.onNext('beep', () => ride.world.scooter.pressButton());
  expect(await ride.clock.until(ride.command('register', ADDRESS))).toBe(0);
  expect(existsSync(ride.tokenPath)).toBe(generation === 'miauth');
}

async function runFor(ms: number): Promise<void> {
  const run = ride.command('run');
  await ride.clock.advance(ms);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
}

describe.each(VARIANTS)('%s', (_, model) => {
  const { name, generation, fullCapacityMah, topSpeedKmh } = model;

  it('is found, paired with if it has to be, and its values are published as the scooter sends them', async () => {
    await ride.start({ model });
    const { out } = await ride.scan(3);
    const named = isNamed(model) ? name : 'unknown model';
    expect(out).toEqual([expect.stringMatching(/^c8:f0:9e:00:00:01 .*MIScooter0001/)]);
    expect(out[0]).toContain(`${named}, ${IN_SCAN[generation]}`);
    await pair(model);
    await runFor(RIDE_MS);
    const [live, battery, range] = [replies(ESC, 0xb0), replies(BMS, 0x31), replies(ESC, 0x25)];
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
    expect(range.length).toBeGreaterThanOrEqual(ride.payloads.length);
    ride.payloads.forEach((payload, index) => {
      expect(payload).toMatchObject(readPlainly(live[index], battery[index], range[index]));
    });

    const last = ride.payloads.at(-1);
    expect(last?.['total_distance_m']).toBeGreaterThan(1_306_083);
    expect(last?.['trip_distance_m']).toBeGreaterThan(0);
    const speeds = ride.payloads.map((payload) => Number(payload['speed_kmh']));
    expect(Math.max(...speeds)).toBeGreaterThan(5);
    expect(Math.max(...speeds)).toBeLessThanOrEqual(topSpeedKmh + 0.5);
    const { capacity, percent } = last?.battery_info ?? {};
    expect(Math.abs(Number(capacity) / fullCapacityMah - Number(percent) / 100)).toBeLessThanOrEqual(0.01);
  });
});
