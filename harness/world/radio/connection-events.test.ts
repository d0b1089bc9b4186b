import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { Bench } from './testing/bench.ts';
import { PARAMETERS, type TestCentral } from './testing/central.ts';
import type { TestPeripheral } from './testing/peripheral.ts';
import { leEventsOf } from './testing/recording.ts';

const INTERVAL_UNIT_MS = 1.25;
const PACKETS_PER_EVENT = 4;
const CONNECTION_COMPLETE = 0x01;
const ATT_NOTIFICATION = 0x1b;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => {
  vi.restoreAllMocks();
  bench.close();
});

/** Times of `count` notifications, each of which answers a write that follows the notification before. */
async function pingPong(interval: number, count: number): Promise<number[]> {
  const scooter = await bench.peripheral();
  scooter.onWrite = (data) => scooter.notify(data);
  const central = await bench.central();
  const { characteristic } = await central.open(undefined, {
    ...PARAMETERS,
    minInterval: interval,
    maxInterval: interval,
  });
  const receivedAtMs: number[] = [];
  const done = new Promise<void>((resolve) => {
    const write = (): void => characteristic.write(Buffer.from('ping'), true, () => undefined);
    characteristic.on('data', () => {
      receivedAtMs.push(performance.now());
      if (receivedAtMs.length === count) resolve();
      else write();
    });
    write();
  });
  await bench.clock.until(done);
  return receivedAtMs;
}

/** An idle, subscribed connection; `interval` in units of 1.25 ms. */
async function connected(interval: number): Promise<{ scooter: TestPeripheral; central: TestCentral }> {
  const [scooter, central] = [await bench.peripheral(), await bench.central()];
  await central.open(undefined, { ...PARAMETERS, minInterval: interval, maxInterval: interval });
  await bench.clock.advance(1000);
  return { scooter, central };
}

/** Number of notifications by their arrival at the central, in milliseconds since the connection. */
function dataEvents({ packets }: TestCentral): Map<number, number> {
  const [complete] = leEventsOf(packets, CONNECTION_COMPLETE);
  const data = packets.filter(({ direction, bytes }) => direction === 'toHost' && bytes[0] === H4.acl);
  const counts = new Map<number, number>();
  for (const { atMs, bytes } of data) {
    if (bytes[9] !== ATT_NOTIFICATION) continue;
    const sinceMs = atMs - (complete?.atMs ?? 0);
    counts.set(sinceMs, (counts.get(sinceMs) ?? 0) + 1);
  }
  return counts;
}

describe('connection events', () => {
  it.each([8, 16, 80])(
    'take two intervals of %i × 1.25 ms for a write and its notification',
    async (interval) => {
      const receivedAtMs = await pingPong(interval, 20);
      const roundTripsMs = receivedAtMs.slice(1).map((ms, index) => ms - (receivedAtMs[index] ?? 0));
      expect(new Set(roundTripsMs)).toEqual(new Set([2 * interval * INTERVAL_UNIT_MS]));
    },
  );

  it('do not drift if the interval is not a whole number of milliseconds', async () => {
    const receivedAtMs = await pingPong(9, 41);
    // Forty round trips of two intervals of 11.25 ms, within the rounding of one timer.
    expect((receivedAtMs.at(-1) ?? 0) - (receivedAtMs[0] ?? 0)).toBeCloseTo(40 * 2 * 11.25, 0);
    receivedAtMs.slice(1).forEach((ms, index) => {
      expect(Math.abs(ms - (receivedAtMs[index] ?? 0) - 22.5)).toBeLessThan(1);
    });
  });

  it('are never early, and occur at most once per interval', async () => {
    const { scooter, central } = await connected(6);
    for (let index = 0; index < 400; index++) scooter.notify(Buffer.from([index & 0xff]));
    await bench.clock.advance(400 * 7.5);
    const eventsAtMs = dataEvents(central);
    expect([...eventsAtMs.values()]).toEqual(Array.from({ length: 100 }, () => PACKETS_PER_EVENT));
    // Rounded up to whole milliseconds, the resolution of timers.
    for (const atMs of eventsAtMs.keys()) expect(atMs % 7.5).toBeLessThan(1);
  });

  it('occur at most once per interval even if timers are early, as those of Node.js sometimes are', async () => {
    const { scooter, central } = await connected(24);
    const { setTimeout } = globalThis;
    const early = ((act: () => void, ms = 0) => setTimeout(act, ms - 1)) as typeof setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(early);
    for (let index = 0; index < 40; index++) scooter.notify(Buffer.from([index & 0xff]));
    await bench.clock.advance(40 * 30);
    const eventsAtMs = [...dataEvents(central).keys()];
    expect(eventsAtMs).toHaveLength(40 / PACKETS_PER_EVENT);
    expect((eventsAtMs.at(-1) ?? 0) - (eventsAtMs[0] ?? 0)).toBe(9 * 30);
  });

  it('use the longest interval that the central allows', async () => {
    await bench.peripheral();
    const central = await bench.central();
    await central.open(undefined, { ...PARAMETERS, minInterval: 6, maxInterval: 24 });
    const [complete] = leEventsOf(central.packets, CONNECTION_COMPLETE);
    expect(complete?.bytes.readUInt16LE(15)).toBe(24);
  });
});
