import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeBlock } from '../../../protocol/registers/codec.ts';
import { BLOCKS } from '../../../protocol/registers/table.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

const OTHER_TOKEN = Buffer.from('aff48da496e5f76e39f73f9a', 'hex');
const EARLIER_FIELDS = Object.keys(
  JSON.parse(readFileSync('fixtures/legacy/payloads.jsonl', 'utf8').split('\n')[0] ?? '') as object,
);

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

describe('a client with a paired scooter', () => {
  it('publishes the values of the registers at the time of each reply', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(120_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);

    expect(ride.payloads.length).toBeGreaterThanOrEqual(22);
    ride.payloads.forEach((payload, index) => {
      const live = decodeBlock(BLOCKS.live, ride.replies(BLOCKS.live)[index] ?? Buffer.alloc(0));
      const battery = decodeBlock(BLOCKS.battery, ride.replies(BLOCKS.battery)[index] ?? Buffer.alloc(0));
      const range = decodeBlock(BLOCKS.range, ride.replies(BLOCKS.range)[index] ?? Buffer.alloc(0));
      expect(payload).toMatchObject({
        seq: index + 1,
        speed_kmh: Math.max(0, live.speedKmh),
        total_distance_m: live.odometerM,
        trip_distance_m: live.tripM,
        trip_distance_left_km: range.remainingRangeKm,
        uptime_sec: live.uptimeS,
        frame_temp: live.frameTemperatureC,
        battery_info: {
          capacity: battery.remainingMah,
          percent: battery.chargePercent,
          current: battery.currentA,
          voltage: battery.voltageV,
          temperature_1: battery.temperature1C,
          temperature_2: battery.temperature2C,
        },
      });
    });
    const odometers = ride.payloads.map((payload) => Number(payload['total_distance_m']));
    expect(odometers.at(-1)).toBeGreaterThan((odometers[0] ?? 0) + 300);
  });

  it('publishes the position on the route at the satellite time of each fix', async () => {
    await ride.start({ token: TOKEN });
    const truth = new Map<string, { latitude: number; longitude: number }>();
    ride.world.gps.behaviours.add({
      position: (position) => {
        if (position) truth.set(new Date().toISOString(), position);
        return position;
      },
    });
    const run = ride.command('run');
    await ride.clock.advance(60_000);
    ride.stop();
    await ride.clock.until(run);

    const fixes = ride.payloads.map(({ gpsinfo }) => gpsinfo).filter(({ fix }) => fix);
    expect(fixes.length).toBeGreaterThanOrEqual(10);
    for (const { latitude, longitude, time, age_sec: age } of fixes) {
      const nearest = truth.get(time);
      expect(nearest, `the position at ${time}`).toBeDefined();
      expect(latitude).toBeCloseTo(nearest?.latitude ?? 0, 5);
      expect(longitude).toBeCloseTo(nearest?.longitude ?? 0, 5);
      expect(age).toBeLessThan(1.2);
    }
  });

  it('keeps the field names and their order of the earlier client', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ride.stop();
    await ride.clock.until(run);
    const [payload] = ride.payloads;
    expect(Object.keys(payload ?? {}).slice(0, EARLIER_FIELDS.length)).toEqual(EARLIER_FIELDS);
    expect(Object.keys(payload?.gpsinfo ?? {}).slice(0, 4)).toEqual([
      'latitude',
      'longitude',
      'altitude',
      'gps_speed',
    ]);
  });

  it('keeps its session over a radio gap of 3 s', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(14_000);
    const release = ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(3_000);
    release();
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.countEvents('loggedIn')).toBe(1);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('logs in again after a radio gap of 6 s, and continues the sequence numbers', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(14_000);
    const release = ride.world.air.block(ride.world.scooterController);
    await ride.clock.advance(6_000);
    release();
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.countEvents('loggedIn')).toBe(2);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    expect(ride.payloads.length).toBeGreaterThanOrEqual(6);
  });

  it('stores samples without a broker, and logs that once', async () => {
    await ride.start({ token: TOKEN });
    await ride.clock.until(ride.world.broker.close());
    const run = ride.command('run');
    await ride.clock.advance(60_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.payloads).toEqual([]);
    expect(ride.replies(BLOCKS.live).length).toBeGreaterThanOrEqual(10);
    expect(ride.output.match(/no connection to the broker/g)).toHaveLength(1);
  });

  it('publishes without a position if the GPS receiver is missing, and logs that once', async () => {
    await ride.start({ token: TOKEN });
    ride.world.gps.stop();
    ride.world.serial?.unplug();
    const run = ride.command('run');
    await ride.clock.advance(30_000);
    ride.stop();
    await ride.clock.until(run);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(5);
    for (const { gpsinfo } of ride.payloads)
      expect(gpsinfo).toMatchObject({ latitude: 0, longitude: 0, fix: false });
    expect(ride.output.match(/no GPS receiver/g)).toHaveLength(1);
  });

  it('never logs or publishes the token', async () => {
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.stop();
    await ride.clock.until(run);
    const everything = ride.output + JSON.stringify(ride.payloads);
    for (const spelling of ['hex', 'base64', 'latin1'] as const) {
      expect(everything).not.toContain(TOKEN.toString(spelling));
    }
  });
});

describe('a scooter', () => {
  it('with another token ends the client with 77 and advice', async () => {
    await ride.start({ token: TOKEN, bound: OTHER_TOKEN });
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('martinete register');
  });

  it('that is not paired ends the client with 77', async () => {
    await ride.start({ token: TOKEN, bound: null });
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
  });

  it('without a token file on the Pi ends the client with 77 before it uses the radio', async () => {
    await ride.start();
    expect(await ride.clock.until(ride.command('run'))).toBe(77);
    expect(ride.output).toContain('martinete register');
  });

  it('that is switched off ends the client with 69 at the end of the search window', async () => {
    ride.configure({ scooter: 'search_window = 20' });
    await ride.start({ token: TOKEN });
    ride.world.scooter.close();
    const beganMs = ride.clock.now();
    expect(await ride.clock.until(ride.command('run'))).toBe(69);
    expect(ride.clock.now() - beganMs).toBeGreaterThanOrEqual(20_000);
    expect(ride.clock.now() - beganMs).toBeLessThanOrEqual(25_000);
    expect(ride.output).toContain('switched off, out of range');
  });

  it('that is switched off later ends the client with 75 at the end of the reconnect window', async () => {
    ride.configure({ scooter: 'reconnect_window = 60' });
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.scooter.close();
    const switchedOffMs = ride.clock.now();
    expect(await ride.clock.until(run, 120_000)).toBe(75);
    // The window begins when the link is lost, one supervision timeout later.
    expect(ride.clock.now() - switchedOffMs).toBeGreaterThanOrEqual(60_000);
    expect(ride.clock.now() - switchedOffMs).toBeLessThanOrEqual(5_000 + 60_000 + 5_000);
  });
});
