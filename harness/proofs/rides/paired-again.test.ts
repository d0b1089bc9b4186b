import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

it('a scooter that is paired again during a pause is polled with its new token afterwards', async () => {
  ride.configure();
  await ride.start({ token: TOKEN });
  const run = ride.command('run');
  await ride.clock.advance(20_000);
  expect(await ride.command('pause', '10m')).toBe(0);
  await ride.clock.advance(3_000);
  ride.onNext('beep', () => ride.world.scooter.pressButton());
  expect(await ride.clock.until(ride.command('register', 'c8f09e000001', '--overwrite'))).toBe(0);
  expect(readFileSync(ride.tokenPath)).toEqual(ride.world.scooter.token);
  const before = ride.payloads.length;
  await ride.clock.advance(11 * 60_000);
  expect(ride.payloads.length).toBeGreaterThan(before);
  ride.stop();
  expect(await ride.clock.until(run)).toBe(0);
});
