import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** As long as a large outbox on a slow SD card. */
const OPENING_MS = 120_000;
/** Interval at which a delayed operation notices that the disk is fast again. */
const POLL_MS = 1_000;

let ride: TestRide;
beforeEach(async () => {
  ride = new TestRide();
  ride.configure();
  await ride.start({ token: TOKEN });
  ride.world.disk.slow(OPENING_MS);
});
afterEach(async () => {
  ride.world.disk.heal();
  await ride.clock.advance(POLL_MS);
  await ride.close();
});

describe('a client whose outbox takes minutes to open', () => {
  it('publishes samples meanwhile', async () => {
    const run = ride.command('run');
    await ride.clock.advance(60_000);
    expect(ride.world.disk.openStores).toBe(0);
    expect(ride.payloads.length).toBeGreaterThanOrEqual(10);
    expect(ride.payloads.map(({ seq }) => seq)).toEqual(ride.payloads.map((_, index) => index + 1));
    ride.stop();
    await ride.clock.until(run);
  });

  it.each([100, 60_000])('ends within 2 s if it is stopped after %d ms', async (afterMs) => {
    const run = ride.command('run');
    await ride.clock.advance(afterMs);
    const stoppedMs = ride.clock.now();
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
    expect(ride.clock.now() - stoppedMs).toBeLessThanOrEqual(2_000);
    expect(ride.world.disk.openStores).toBe(0);
  });
});
