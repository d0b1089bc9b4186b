import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Link } from '../../world/radio/link.ts';
import { Ride, TOKEN } from './testing/ride.ts';

const SIGNALLING_CHANNEL = 0x0005;
const PARAMETER_UPDATE_REQUEST = 0x12;
const GAP_MS = 3_000;

let ride: Ride;
beforeEach(() => (ride = new Ride()));
afterEach(() => ride.end());

/** What a scooter asks for, in the units of the request: intervals of 1.25 ms, latency in events, timeout of 10 ms. */
interface Wish {
  readonly interval: number;
  readonly latency: number;
  readonly timeout: number;
}

function onlyLink(): Link {
  const [link, ...others] = ride.world.air.links;
  if (!link || others.length > 0) return expect.unreachable('there is not one link');
  return link;
}

/** What a scooter's firmware sends that wants other parameters (Bluetooth Core Vol 3 Part A, 4.20). */
function ask({ interval, latency, timeout }: Wish): void {
  const { scooterController } = ride.world;
  const handle = scooterController.connectionOn(onlyLink())?.handle ?? 0;
  const packet = Buffer.alloc(21);
  const words = [interval, interval, latency, timeout];
  packet.writeUInt8(0x02, 0);
  [handle, 16, 12, SIGNALLING_CHANNEL].forEach((word, index) => packet.writeUInt16LE(word, 1 + 2 * index));
  packet.writeUInt8(PARAMETER_UPDATE_REQUEST, 9);
  packet.writeUInt8(1, 10);
  packet.writeUInt16LE(2 * words.length, 11);
  words.forEach((word, index) => packet.writeUInt16LE(word, 13 + 2 * index));
  scooterController.receive(packet);
}

describe('a scooter that asks for other connection parameters', () => {
  beforeEach(async () => {
    ride.configure();
    await ride.begin({ token: TOKEN });
  });

  it.each([
    { what: 'a short supervision timeout', wish: { interval: 24, latency: 0, timeout: 42 }, timeout: 500 },
    { what: 'a long one', wish: { interval: 80, latency: 4, timeout: 3200 }, timeout: 500 },
    {
      what: 'such as 5 s do not suffice for',
      wish: { interval: 800, latency: 2, timeout: 900 },
      timeout: 900,
    },
  ])(
    'is granted interval and latency ($what), and the link outlives what it did',
    async ({ wish, timeout }) => {
      const run = ride.command('run');
      await ride.clock.advance(10_000);
      ask(wish);
      await ride.clock.advance(1_000);
      const { interval, latency } = wish;
      expect(onlyLink().parameters).toEqual({ interval, latency, supervisionTimeout: timeout });
      const before = ride.payloads.length;
      ride.gap(GAP_MS);
      await ride.clock.advance(30_000);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
      expect(ride.count('connected')).toBe(1);
      expect(ride.count('loggedIn')).toBe(1);
      expect(ride.payloads.length).toBeGreaterThan(before);
    },
  );

  it('is given up no later than before', async () => {
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ask({ interval: 24, latency: 0, timeout: 3200 });
    await ride.clock.advance(1_000);
    ride.gap(8_000);
    await ride.clock.advance(6_000);
    expect(ride.world.air.links).toEqual([]);
    await ride.clock.advance(3_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('is kept the timeout of this link, also on the next one', async () => {
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    ask({ interval: 800, latency: 2, timeout: 900 });
    await ride.clock.advance(1_000);
    ride.gap(10_000);
    await ride.clock.advance(40_000);
    expect(ride.count('connected')).toBe(2);
    expect(onlyLink().parameters.supervisionTimeout).toBe(500);
    ask({ interval: 24, latency: 0, timeout: 42 });
    await ride.clock.advance(1_000);
    expect(onlyLink().parameters.supervisionTimeout).toBe(500);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });
});
