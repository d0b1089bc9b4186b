import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type QuirkName, QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel } from '../../../simulator/models/models.ts';
import { type Payload, TestRide, TOKEN } from './testing/test-ride.ts';

const OTHER_TOKEN = Buffer.alloc(TOKEN.length, 9);
const RIDE_MS = 120_000;

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

/** The scooter has a quirk, whose random numbers are 0, 0.5, 0, 0.5, … */
function addQuirk(name: QuirkName): void {
  let count = 0;
  const { quirks, ride: simulated } = ride.world.scooter;
  quirks.add(QUIRKS[name].create(() => (count++ % 2) / 2, simulated.model));
}

/** Rides for two minutes; returns the samples. */
async function rideWith(name: QuirkName, model?: ScooterModel): Promise<readonly Payload[]> {
  await ride.start(model ? { model } : { token: TOKEN });
  addQuirk(name);
  const run = ride.command('run');
  await ride.clock.advance(RIDE_MS);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
  return ride.payloads;
}

describe('the client reads a scooter', () => {
  it.each(['slow-replies', 'chatter', 'own-parameters', 'silent-cells', 'silent-when-busy'] as const)(
    'with the quirk %s as any other: on one connection, with every sample whole',
    async (name) => {
      const payloads = await rideWith(name);
      expect(ride.countEvents('connected')).toBe(1);
      expect(ride.countEvents('loggedIn')).toBe(1);
      expect(payloads.length).toBeGreaterThanOrEqual(20);
      for (const { trip_distance_left_km: left } of payloads) expect(left).toBeGreaterThan(0);
    },
  );

  it('with the quirk plain-answers as any other that XORs its frames', async () => {
    ride.configure({ scooter: 'authentication = "optional"' });
    const payloads = await rideWith('plain-answers', findModel('pro', { generation: 'xor' }));
    expect(ride.countEvents('connected')).toBe(1);
    expect(payloads.length).toBeGreaterThanOrEqual(20);
    for (const payload of payloads) {
      expect(payload['total_distance_m']).toBeGreaterThan(0);
      expect(payload.battery_info['percent']).toBeGreaterThan(0);
      expect(payload['trip_distance_left_km']).toBeGreaterThan(0);
    }
  });

  it.each(['lost-logins', 'interrupted-logins'] as const)(
    'with the quirk %s, although the first login does not succeed',
    async (name) => {
      const payloads = await rideWith(name);
      expect(payloads.length).toBeGreaterThanOrEqual(20);
      expect(ride.output).not.toContain('refused the token');
    },
  );

  it('with silent registers, and publishes null for them', async () => {
    const payloads = await rideWith('silent-registers');
    expect(ride.countEvents('connected')).toBe(1);
    expect(payloads.length).toBeGreaterThanOrEqual(20);
    for (const payload of payloads) {
      expect(payload).toMatchObject({ trip_distance_left_km: null });
      expect(payload.battery_info['percent']).toBeGreaterThan(0);
      expect(payload['total_distance_m']).toBeGreaterThan(0);
    }
  });

  it('whose battery stays silent for a minute, and has its values as soon as they come', async () => {
    const payloads = await rideWith('silent-battery');
    expect(ride.countEvents('connected')).toBe(1);
    const percents = payloads.map(({ battery_info: battery }) => battery['percent']);
    const isNull = percents.map((percent) => percent === null);
    expect(new Set(isNull)).toEqual(new Set([true, false]));
    expect(isNull.lastIndexOf(true)).toBeLessThan(isNull.indexOf(false));
  });
});

describe('the client tells', () => {
  it('that the token is refused, whether the scooter answers with 22 or 23', async () => {
    await ride.start({ token: TOKEN, bound: OTHER_TOKEN });
    addQuirk('wrong-token-code');
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('The scooter refused the token');
  });

  it.each([
    ['pairs-once', 77, 'refuses to be paired again'],
    ['out-of-band', 78, 'out-of-band code'],
  ] as const)('why a scooter with the quirk %s cannot be paired', async (name, code, reason) => {
    await ride.start();
    addQuirk(name);
    expect(await ride.clock.until(ride.command('register', 'c8f09e000001'))).toBe(code);
    expect(ride.output).toContain(reason);
    expect(ride.countEvents('registered')).toBe(0);
  });
});
