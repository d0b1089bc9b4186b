import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** The default supervision timeout. */
const SUPERVISION_MS = 5_000;

let ride: TestRide;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

/** Blocks the scooter's radio; returns the time at which its link is lost, in milliseconds. */
function blockScooter(): number {
  ride.world.air.block(ride.world.scooterController);
  return ride.clock.now() + SUPERVISION_MS;
}

describe('a scooter that went out of range', () => {
  it('is reconnected after 7 s, even if it was last polled long before', async () => {
    ride.configure({ mqtt: 'send_interval = 100', scooter: 'reconnect_window = 60' });
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(90_000);
    ride.radioGap(7_000);
    await ride.clock.advance(60_000);
    expect(ride.countEvents('loggedIn')).toBe(2);
    await ride.clock.advance(120_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.countEvents('connected')).toBe(2);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(3);
  });

  it.each([
    { sendInterval: 5, connectTimeout: 10 },
    { sendInterval: 100, connectTimeout: 10 },
    { sendInterval: 5, connectTimeout: 3 },
  ])(
    'ends the client with 75 within 5 s after the reconnect window, which begins with the loss of the link (%o)',
    async ({ sendInterval, connectTimeout }) => {
      ride.configure({
        mqtt: `send_interval = ${sendInterval}`,
        scooter: `reconnect_window = 10\nretry_max = 2\nconnect_timeout = ${connectTimeout}`,
      });
      await ride.start({ token: TOKEN });
      const run = ride.command('run');
      await ride.clock.advance(45_000);
      const lostMs = blockScooter();
      const attempts = ride.connectionAttempts;
      expect(await ride.clock.until(run)).toBe(75);
      expect(ride.clock.now()).toBeGreaterThanOrEqual(lostMs + 10_000);
      expect(ride.clock.now()).toBeLessThanOrEqual(lostMs + 10_000 + 5_000);
      expect(ride.connectionAttempts - attempts).toBeGreaterThanOrEqual(connectTimeout < 5 ? 2 : 1);
      expect(ride.output).toContain('unreachable for 10 s');
    },
  );
});
