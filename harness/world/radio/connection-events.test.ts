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

/** When each of `count` notifications was heard, each of them the answer to a write that the one before caused. */
async function pingPong(interval: number, count: number): Promise<number[]> {
  const scooter = await bench.peripheral();
  scooter.onWrite = (data) => scooter.notify(data);
  const central = await bench.central();
  const { characteristic } = await central.open(undefined, {
    ...PARAMETERS,
    minInterval: interval,
    maxInterval: interval,
  });
  const heardAtMs: number[] = [];
  const done = new Promise<void>((resolve) => {
    const write = (): void => characteristic.write(Buffer.from('ping'), true, () => undefined);
    characteristic.on('data', () => {
      heardAtMs.push(performance.now());
      if (heardAtMs.length === count) resolve();
      else write();
    });
    write();
  });
  await bench.clock.until(done);
  return heardAtMs;
}

/** A subscribed connection of that interval, in units of 1.25 ms, on which nothing is left to say. */
async function connected(interval: number): Promise<{ scooter: TestPeripheral; central: TestCentral }> {
  const [scooter, central] = [await bench.peripheral(), await bench.central()];
  await central.open(undefined, { ...PARAMETERS, minInterval: interval, maxInterval: interval });
  await bench.clock.advance(1000);
  return { scooter, central };
}

/** When data reached the central's chip, in milliseconds since it connected, and how many packets each time. */
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
    'make every write and its notification take two intervals of %i × 1.25 ms',
    async (interval) => {
      const heardAtMs = await pingPong(interval, 20);
      const roundTripsMs = heardAtMs.slice(1).map((ms, index) => ms - (heardAtMs[index] ?? 0));
      expect(new Set(roundTripsMs)).toEqual(new Set([2 * interval * INTERVAL_UNIT_MS]));
    },
  );

  it('do not drift where the interval is no whole number of milliseconds', async () => {
    const heardAtMs = await pingPong(9, 41);
    // 11.25 ms: forty round trips of two intervals, give or take the rounding of a single timer.
    expect((heardAtMs.at(-1) ?? 0) - (heardAtMs[0] ?? 0)).toBeCloseTo(40 * 2 * 11.25, 0);
    heardAtMs.slice(1).forEach((ms, index) => {
      expect(Math.abs(ms - (heardAtMs[index] ?? 0) - 22.5)).toBeLessThan(1);
    });
  });

  it('never come before their time, and at most once in an interval', async () => {
    const { scooter, central } = await connected(6);
    for (let index = 0; index < 400; index++) scooter.notify(Buffer.from([index & 0xff]));
    await bench.clock.advance(400 * 7.5);
    const eventsAtMs = dataEvents(central);
    expect([...eventsAtMs.values()]).toEqual(Array.from({ length: 100 }, () => PACKETS_PER_EVENT));
    // Rounded up to whole milliseconds, as timers want them.
    for (const atMs of eventsAtMs.keys()) expect(atMs % 7.5).toBeLessThan(1);
  });

  it('come at most once in an interval even where timers are early, as those of Node are at times', async () => {
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

  it('take the longest interval that the central allows', async () => {
    await bench.peripheral();
    const central = await bench.central();
    await central.open(undefined, { ...PARAMETERS, minInterval: 6, maxInterval: 24 });
    const [complete] = leEventsOf(central.packets, CONNECTION_COMPLETE);
    expect(complete?.bytes.readUInt16LE(15)).toBe(24);
  });
});
