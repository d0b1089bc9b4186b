import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestRide, TOKEN } from './testing/test-ride.ts';

/** The default supervision timeout. */
const SUPERVISION_MS = 5_000;

/** The longest from the first advertisement to the next sample, besides what the scooter itself takes. */
const REACTION_MS = 2_000;
/** The longest interval between two advertisements of the simulated scooter: 100 ms and a random delay of up to 10 ms. */
const ADVERTISING_INTERVAL_MS = 110;
/** Number of register blocks in a poll: live values, battery, remaining range. */
const BLOCKS_PER_POLL = 3;

let ride: TestRide;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

/** Blocks the scooter's radio; returns the time at which its link is lost, in milliseconds. */
function blockScooter(): number {
  ride.world.air.block(ride.world.scooterController);
  return ride.clock.now() + SUPERVISION_MS;
}

/** Waits for the first poll; returns how long the scooter took from the connection to its last reply, in milliseconds. */
async function firstPollMs(): Promise<number> {
  const { clock } = ride;
  let connectedMs = NaN;
  let repliedMs = NaN;
  ride.onNext('connected', () => (connectedMs = clock.now()));
  ride.onEvent('replied', () => (repliedMs = clock.now()));
  await clock.advance(4_000);
  expect(ride.countEvents('replied')).toBe(BLOCKS_PER_POLL);
  return repliedMs - connectedMs;
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
      expect(await ride.clock.until(run, 120_000)).toBe(75);
      expect(ride.clock.now()).toBeGreaterThanOrEqual(lostMs + 10_000);
      expect(ride.clock.now()).toBeLessThanOrEqual(lostMs + 10_000 + 5_000);
      expect(ride.connectionAttempts - attempts).toBeGreaterThanOrEqual(connectTimeout < 5 ? 2 : 1);
      expect(ride.output).toContain('unreachable for 10 s');
    },
  );
});

describe('a scooter that is heard again', () => {
  it.each([11, 33, 62, 95, 300, 1_000, 1_750])(
    'after an absence of %i s is read within 2 s and what it takes itself to advertise, log in and reply',
    async (absenceS) => {
      ride.configure();
      await ride.start({ token: TOKEN });
      const run = ride.command('run');
      const ownMs = ADVERTISING_INTERVAL_MS + (await firstPollMs());
      await ride.clock.advance(16_000);
      ride.radioGap(absenceS * 1_000);
      await ride.clock.advance(absenceS * 1_000);
      const before = ride.payloads.length;
      await ride.clock.advance(REACTION_MS + ownMs);
      expect(ride.payloads.length).toBeGreaterThan(before);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    },
  );

  it('is said to be connected to another device if it advertises but answers no connection request', async () => {
    ride.configure({ scooter: 'connect_timeout = 5' });
    await ride.start({ token: TOKEN });
    ride.world.air.conditions.refusing = true;
    const run = ride.command('run');
    await ride.clock.advance(120_000);
    expect(ride.output.match(/probably connected to another device/g)).toHaveLength(1);
    expect(ride.connectionAttempts).toBeLessThan(20);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it.each([
    {
      scooter: 'disconnects at once',
      maxAttempts: 30,
      begin: () => {
        const terminate = (): void => {
          for (const link of ride.world.air.links) link.terminate(ride.world.scooterController, 0x13);
        };
        ride.onEvent('connected', () => setTimeout(terminate, 100));
        terminate();
      },
    },
    {
      scooter: 'answers no connection request',
      maxAttempts: 30,
      begin: () => {
        ride.world.air.conditions.refusing = true;
        for (const link of ride.world.air.links) link.drop();
      },
    },
    {
      scooter: 'answers nothing else',
      // Each attempt lasts for 6.5 s.
      maxAttempts: 20,
      begin: () => {
        ride.world.air.conditions.stalled = true;
      },
    },
  ])(
    'is not connected to more often than the backoff allows if it $scooter',
    async ({ begin, maxAttempts }) => {
      ride.configure();
      await ride.start({ token: TOKEN });
      const run = ride.command('run');
      await ride.clock.advance(20_000);
      begin();
      const before = ride.connectionAttempts;
      await ride.clock.advance(300_000);
      // Pauses are at least 1 s, and half of 30 s on average after the first ones.
      expect(ride.connectionAttempts - before).toBeLessThan(maxAttempts);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
    },
  );

  it('is said to be switched off, out of range or connected to another device if it stays away', async () => {
    ride.configure({ scooter: 'reconnect_window = 60' });
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.air.block(ride.world.scooterController);
    expect(await ride.clock.until(run, 120_000)).toBe(75);
    expect(
      ride.output.match(/connected to another device, such as a phone app or Home Assistant/g),
    ).toHaveLength(1);
  });

  it('is not said to have been silent if it advertises until the end of the reconnect window', async () => {
    ride.configure({ scooter: 'reconnect_window = 60' });
    await ride.start({ token: TOKEN });
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    ride.world.air.conditions.refusing = true;
    for (const link of ride.world.air.links) link.drop();
    expect(await ride.clock.until(run, 120_000)).toBe(75);
    expect(ride.output).toContain('unreachable for 60 s (reconnect_window): giving up');
    expect(ride.output).not.toContain('did not advertise');
  });
});
