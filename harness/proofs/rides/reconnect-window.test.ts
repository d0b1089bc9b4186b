import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ride, TOKEN } from './testing/ride.ts';

/** After so long without a sign of life the link counts as lost: the default supervision timeout. */
const SUPERVISION_MS = 5_000;

let ride: Ride;
beforeEach(() => (ride = new Ride()));
afterEach(() => ride.end());

/** Takes the scooter off the air; when its link is lost, in milliseconds of the ride. */
function leave(): number {
  ride.world.air.block(ride.world.scooterController);
  return ride.clock.now() + SUPERVISION_MS;
}

describe('a scooter that went out of reach', () => {
  it('is taken up again after 7 s, though it was asked for the last time long before', async () => {
    ride.configure({ mqtt: 'send_interval = 100', scooter: 'reconnect_window = 60' });
    await ride.begin({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(90_000);
    ride.gap(7_000);
    await ride.clock.advance(60_000);
    expect(ride.count('loggedIn')).toBe(2);
    await ride.clock.advance(120_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.count('connected')).toBe(2);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(3);
  });

  it.each([
    { sendInterval: 5, connectTimeout: 10 },
    { sendInterval: 100, connectTimeout: 10 },
    { sendInterval: 5, connectTimeout: 3 },
  ])(
    'ends with 75 within 5 s after the window, which begins with the loss of the link (%o)',
    async ({ sendInterval, connectTimeout }) => {
      ride.configure({
        mqtt: `send_interval = ${sendInterval}`,
        scooter: `reconnect_window = 10\nretry_max = 2\nconnect_timeout = ${connectTimeout}`,
      });
      await ride.begin({ token: TOKEN });
      const run = ride.command('run');
      await ride.clock.advance(45_000);
      const lostMs = leave();
      const attempts = ride.connectionAttempts;
      expect(await ride.clock.until(run)).toBe(75);
      expect(ride.clock.now()).toBeGreaterThanOrEqual(lostMs + 10_000);
      expect(ride.clock.now()).toBeLessThanOrEqual(lostMs + 10_000 + 5_000);
      expect(ride.connectionAttempts - attempts).toBeGreaterThanOrEqual(connectTimeout < 5 ? 2 : 1);
      expect(ride.said).toContain('out of reach for 10 s');
    },
  );
});
