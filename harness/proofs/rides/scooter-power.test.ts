import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RIDE_STATES } from '../../../simulator/ride/conditions.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure({ scooter: 'reconnect_window = 600' });
});
afterEach(() => ride.close());

describe('the client', () => {
  it('reaches a scooter that pauses before it advertises again', async () => {
    await ride.start({ token: TOKEN, advertisingDelayMs: 20_000 });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    const [link] = ride.world.air.links;
    link?.terminate(ride.world.scooterController, 0x13);
    await ride.clock.advance(19_000);
    expect(ride.countEvents('connected')).toBe(1);
    await ride.clock.advance(10_000);
    expect(ride.countEvents('loggedIn')).toBe(2);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('reads a scooter until that switches itself off for standing, and again when it is switched on', async () => {
    await ride.start({ token: TOKEN, autoOffMs: 120_000 });
    const { scooter } = ride.world;
    const run = ride.command('run');
    await ride.clock.advance(30_000);
    const ridden = ride.payloads.length;
    scooter.change(RIDE_STATES.parked);
    await ride.clock.advance(90_000);
    expect(ride.payloads.length).toBeGreaterThan(ridden + 10);
    await ride.clock.advance(120_000);
    expect(scooter.isOn).toBe(false);
    const atRest = ride.payloads.length;
    await ride.clock.advance(60_000);
    expect(ride.payloads.length).toBe(atRest);
    await ride.clock.until(ride.world.switchOn());
    await ride.clock.advance(30_000);
    expect(ride.countEvents('loggedIn')).toBe(2);
    expect(ride.payloads.at(-1)).toMatchObject({ speed_kmh: 0, battery_info: { current: 0.01 } });
    expect(Number(ride.payloads.at(-1)?.['uptime_sec'])).toBeLessThan(40);
    expect(ride.trace.filter(({ type }) => type === 'scooter.off')).toHaveLength(1);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });
});
