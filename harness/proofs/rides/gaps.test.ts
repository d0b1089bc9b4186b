import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

/** Times during discovery, subscription, login and the first polls; the connection interval is 15 ms. */
const DELAYS_MS = [20, 80, 150, 250, 350, 400, 430, 450, 470, 490, 510, 530, 550, 650, 950, 5_900];

describe.each([
  { timeout: 'the default supervision timeout', gapMs: 4_900, scooter: '' },
  { timeout: 'a supervision timeout of 10 s', gapMs: 7_000, scooter: 'supervision_timeout = 10' },
])('within $timeout', ({ gapMs, scooter }) => {
  it.each(DELAYS_MS)(
    `a gap of ${gapMs / 1000} s has no effect %i ms after the connection was established`,
    async (delayMs) => {
      ride.configure({ scooter });
      await ride.start({ token: TOKEN });
      ride.onNext('connected', () => ride.radioGap(gapMs, delayMs));
      const run = ride.command('run');
      await ride.clock.advance(40_000);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
      expect(ride.countEvents('connected')).toBe(1);
      expect(ride.countEvents('loggedIn')).toBe(1);
      expect(ride.output).not.toContain('no connection to the scooter');
      expect(ride.payloads.length).toBeGreaterThanOrEqual(4);
      expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    },
  );
});
