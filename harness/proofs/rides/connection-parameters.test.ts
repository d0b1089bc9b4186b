import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import type { Link } from '../../world/radio/link.ts';
import { TestRide, TOKEN } from './testing/test-ride.ts';

const SIGNALLING_CHANNEL = 0x0005;
const PARAMETER_UPDATE_REQUEST = 0x12;
const GAP_MS = 3_000;

let ride: TestRide;
beforeEach(() => (ride = new TestRide()));
afterEach(() => ride.close());

/** Requested parameters in the units of HCI: interval in 1.25 ms, latency in events, timeout in 10 ms. */
interface RequestedParameters {
  readonly interval: number;
  readonly latency: number;
  readonly timeout: number;
}

function onlyLink(): Link {
  const [link, ...others] = ride.world.air.links;
  if (!link || others.length > 0) return expect.unreachable('expected exactly one link');
  return link;
}

/** Sends a Connection Parameter Update Request of the scooter (Bluetooth Core Vol 3 Part A, 4.20). */
function request({ interval, latency, timeout }: RequestedParameters): void {
  const { scooterController } = ride.world;
  const handle = scooterController.connections[0]?.handle ?? 0;
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

describe('a scooter that requests other connection parameters', () => {
  beforeEach(async () => {
    ride.configure();
    await ride.start({ token: TOKEN });
  });

  it.each([
    {
      what: 'a short supervision timeout',
      requested: { interval: 24, latency: 0, timeout: 42 },
      timeout: 500,
    },
    {
      what: 'a long supervision timeout',
      requested: { interval: 80, latency: 4, timeout: 3200 },
      timeout: 500,
    },
    {
      what: 'parameters that require more than 5 s',
      requested: { interval: 800, latency: 2, timeout: 900 },
      timeout: 900,
    },
  ])(
    'is granted interval and latency ($what), and the link survives the same gaps as before',
    async ({ requested, timeout }) => {
      const run = ride.command('run');
      await ride.clock.advance(10_000);
      request(requested);
      await ride.clock.advance(1_000);
      const { interval, latency } = requested;
      expect(onlyLink().parameters).toEqual({ interval, latency, supervisionTimeout: timeout });
      const before = ride.payloads.length;
      ride.radioGap(GAP_MS);
      await ride.clock.advance(30_000);
      ride.stop();
      expect(await ride.clock.until(run)).toBe(0);
      expect(ride.countEvents('connected')).toBe(1);
      expect(ride.countEvents('loggedIn')).toBe(1);
      expect(ride.payloads.length).toBeGreaterThan(before);
    },
  );

  it('as real ones do right after the connection, is granted its interval, and keeps our supervision timeout', async () => {
    ride.world.scooter.quirks.add(QUIRKS['own-parameters'].create(() => 0, ride.world.scooter.ride.model));
    const run = ride.command('run');
    await ride.clock.advance(20_000);
    expect(onlyLink().parameters).toEqual({ interval: 24, latency: 0, supervisionTimeout: 500 });
    expect(ride.countEvents('connected')).toBe(1);
    expect(ride.payloads.length).toBeGreaterThan(2);
    expect(ride.trace.filter(({ type }) => type === 'link.updated')).toHaveLength(1);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('is detected as lost no later than before', async () => {
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    request({ interval: 24, latency: 0, timeout: 3200 });
    await ride.clock.advance(1_000);
    ride.radioGap(8_000);
    await ride.clock.advance(6_000);
    expect(ride.world.air.links).toEqual([]);
    await ride.clock.advance(3_000);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });

  it('gets the configured supervision timeout on the next link', async () => {
    const run = ride.command('run');
    await ride.clock.advance(10_000);
    request({ interval: 800, latency: 2, timeout: 900 });
    await ride.clock.advance(1_000);
    ride.radioGap(10_000);
    await ride.clock.advance(40_000);
    expect(ride.countEvents('connected')).toBe(2);
    expect(onlyLink().parameters.supervisionTimeout).toBe(500);
    request({ interval: 24, latency: 0, timeout: 42 });
    await ride.clock.advance(1_000);
    expect(onlyLink().parameters.supervisionTimeout).toBe(500);
    ride.stop();
    expect(await ride.clock.until(run)).toBe(0);
  });
});
