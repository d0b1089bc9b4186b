import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OtherDevice } from '../../scenario/faults/other-device.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** The shortest time for which the other device leaves the scooter free. */
const FREE_MS = 1_000;
/** The longest from the first advertisement to the connection: two advertising intervals, and what the adapter takes. */
const MAX_REACTION_MS = 300;
/** How long the scooter is held before it is left free. A client that only listens takes a new noble after 300 s. */
const HOLDS_S = [7, 2, 3, 5, 8, 10, 11, 12, 14, 24, 39, 61, 132, 299, 300, 301, 302];
/** Longer than any hold. */
const WINDOW_S = 10_000;

let ride: TestRide;
let system: OtherDevice;
beforeEach(async () => {
  ride = new TestRide();
  ride.configure({ scooter: `search_window = ${WINDOW_S}\nreconnect_window = ${WINDOW_S}` });
  await ride.start({ token: TOKEN });
  const { OtherDevice } = await import('../../scenario/faults/other-device.ts');
  system = new OtherDevice(ride.world);
  system.connect();
});
afterEach(async () => {
  system.leave();
  await ride.clock.advance(10_000);
  await ride.close();
});

/** Makes the other device leave the scooter free. @returns how long after its first advertisement the client was connected. */
async function leaveFree(freeMs: number): Promise<number | undefined> {
  let advertisedMs = NaN;
  const before = ride.trace.length;
  system.disconnect();
  system.listen(() => {
    advertisedMs = ride.clock.now();
    setTimeout(() => system.connect(), freeMs);
  });
  await ride.clock.advance(1_500 + freeMs);
  const link = ride.trace.slice(before).find(({ type }) => type === 'link.up');
  return link ? link.atMs - advertisedMs : undefined;
}

/** Ends the link of the client, after which the other device connects. */
async function loseLink(): Promise<void> {
  for (const link of ride.world.air.links) link.drop();
  await ride.clock.advance(1_500);
}

describe('a scooter that another device holds', () => {
  it('is connected to within 0.3 s once it is left free for 1 s, however long it was held', async () => {
    const run = ride.command('run');
    const reactions: [number, number | undefined][] = [];
    for (const heldS of HOLDS_S) {
      await ride.clock.advance(heldS * 1_000);
      reactions.push([heldS, await leaveFree(FREE_MS)]);
      await loseLink();
    }
    for (const [heldS, reactionMs] of reactions)
      expect(reactionMs, `held for ${heldS} s`).toBeLessThan(MAX_REACTION_MS);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it.each([1_000, 5_000, 8_000, 8_700, 9_000, 9_500, 10_000, 10_500, 11_000, 12_000, 20_000, 60_000])(
    'is connected to within 0.3 s when it is left free for 1 s again after %i ms, if the other device was faster before',
    async (heldMs) => {
      const run = ride.command('run');
      await ride.clock.advance(5_000);
      expect(await leaveFree(0)).toBeUndefined();
      await ride.clock.advance(heldMs);
      expect(await leaveFree(FREE_MS)).toBeLessThan(MAX_REACTION_MS);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    },
  );

  it('is said once to be possibly connected to another device if it is silent for the whole search window', async () => {
    ride.configure({ scooter: 'search_window = 30' });
    expect(await ride.clock.until(ride.command('run'))).toBe(69);
    const advice =
      /may be switched off, out of range, or connected to another device, such as a phone app or Home Assistant/g;
    expect(ride.output.match(advice)).toHaveLength(1);
  });
});
