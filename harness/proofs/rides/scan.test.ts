import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

let ride: TestRide;
beforeEach(() => {
  ride = new TestRide();
  ride.configure();
});
afterEach(() => ride.close());

it('a scan shows that it goes on until something is found, apart from the list', async () => {
  await ride.start({ token: TOKEN });
  const { out, log } = await ride.scan(12);
  expect(out).toEqual([expect.stringMatching(/^c8:f0:9e:00:00:01 .*MIScooter0001/)]);
  expect(log).toEqual(['Scanning for 12 s …']);
  ride.world.switchOff();
  expect(await ride.scan(12)).toEqual({
    out: ['No scooters found. Is it switched on, in range, and not connected to a phone?'],
    log: ['Scanning for 12 s …', 'Nothing found yet, 7 s left …', 'Nothing found yet, 2 s left …'],
  });
});
