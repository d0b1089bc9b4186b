import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ride, TOKEN } from './testing/ride.ts';

let ride: Ride;
beforeEach(() => (ride = new Ride()));
afterEach(() => ride.end());

/** From the connection on, in 15 ms steps of the link: discovery, subscriptions, login, and the first polls. */
const MOMENTS_MS = [20, 80, 150, 250, 350, 400, 430, 450, 470, 490, 510, 530, 550, 650, 950, 5_900];

describe.each([
  { timeout: 'the default supervision timeout', gapMs: 4_900, scooter: '' },
  { timeout: 'a supervision timeout of 10 s', gapMs: 7_000, scooter: 'supervision_timeout = 10' },
])('within $timeout', ({ gapMs, scooter }) => {
  it.each(MOMENTS_MS)(
    `a gap of ${gapMs / 1000} s costs nothing, %i ms after the connection came up`,
    async (delayMs) => {
      ride.configure({ scooter });
      await ride.begin({ token: TOKEN });
      ride.next('connected', () => ride.gap(gapMs, delayMs));
      const run = ride.command('run');
      await ride.clock.advance(40_000);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
      expect(ride.count('connected')).toBe(1);
      expect(ride.count('loggedIn')).toBe(1);
      expect(ride.said).not.toContain('no connection to the scooter');
      expect(ride.payloads.length).toBeGreaterThanOrEqual(4);
      expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    },
  );
});
