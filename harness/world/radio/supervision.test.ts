import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { PARAMETERS, type TestCentral, type TestLink } from './testing/central.ts';
import type { TestPeripheral } from './testing/peripheral.ts';
import { eventsOf } from './testing/recording.ts';

const CONNECTION_TIMEOUT = 0x08;
const DISCONNECTION_COMPLETE = 0x05;

let bench: Bench;
let scooter: TestPeripheral;
let central: TestCentral;
beforeEach(async () => {
  bench = new Bench();
  scooter = await bench.peripheral();
  central = await bench.central();
});
afterEach(() => bench.close());

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `packet ${index}`);

/** Sends each message from both ends, every 100 ms. */
async function exchange({ characteristic }: TestLink, messages: readonly string[]): Promise<void> {
  for (const message of messages) {
    characteristic.write(Buffer.from(message), true, () => undefined);
    scooter.notify(Buffer.from(message));
    await bench.clock.advance(100);
  }
}

/** When an end lost its link, and for which reason. */
function loss(end: TestPeripheral | TestCentral, sinceMs: number): { afterMs: number; reason: number }[] {
  return eventsOf(end.packets, DISCONNECTION_COMPLETE).map(({ atMs, bytes }) => ({
    afterMs: atMs - sinceMs,
    reason: bytes.readUInt8(6),
  }));
}

describe('a radio gap shorter than the supervision timeout', () => {
  it('loses nothing: data sent meanwhile arrive once, in order, on the same connection', async () => {
    const link = await central.open();
    const unblock = bench.air.block(scooter.controller);
    const messages = numbered(49);
    await exchange(link, messages);
    expect(scooter.writes).toEqual([]);
    expect(link.received).toEqual([]);
    unblock();
    await bench.clock.advance(1000);
    expect(scooter.writes.map(String)).toEqual(messages);
    expect(link.received.map(String)).toEqual(messages);
    expect([...scooter.disconnectReasons, ...central.disconnectReasons]).toEqual([]);
    await exchange(link, ['after']);
    expect(link.received.at(-1)?.toString()).toBe('after');
  });

  it('loses nothing, however often it occurs', async () => {
    const link = await central.open();
    const messages = numbered(200);
    for (let at = 0; at < messages.length; at += 50) {
      const unblock = bench.air.block(central.controller);
      await exchange(link, messages.slice(at, at + 49));
      unblock();
      await exchange(link, messages.slice(at + 49, at + 50));
    }
    await bench.clock.advance(1000);
    expect(scooter.writes.map(String)).toEqual(messages);
    expect(link.received.map(String)).toEqual(messages);
  });

  it('lasts until the last of several overlapping ones ends', async () => {
    const link = await central.open();
    const unblocks = [
      bench.air.block(scooter.controller),
      bench.air.block(scooter.controller),
      bench.air.block(central.controller),
    ];
    for (const unblock of unblocks) {
      await exchange(link, ['data']);
      expect(link.received).toEqual([]);
      unblock();
      unblock();
    }
    await bench.clock.advance(100);
    expect(link.received.map(String)).toEqual(['data', 'data', 'data']);
    await bench.clock.advance(10_000);
    expect(central.disconnectReasons).toEqual([]);
  });

  it('delays a disconnect', async () => {
    const { peripheral } = await central.open();
    const unblock = bench.air.block(scooter.controller);
    peripheral.disconnect();
    await bench.clock.advance(4000);
    expect(central.disconnectReasons).toEqual([]);
    unblock();
    await bench.clock.advance(100);
    expect(central.disconnectReasons).toEqual([0x16]);
    expect(scooter.disconnectReasons).toEqual([0x13]);
  });
});

describe('a longer radio gap', () => {
  it.each([
    { requested: PARAMETERS, timeoutMs: 5000 },
    { requested: { timeout: 100 }, timeoutMs: 1000 },
    { requested: {}, timeoutMs: 420 },
  ])(
    'ends the link for both after the $timeoutMs ms that noble requested',
    async ({ requested, timeoutMs }) => {
      await central.open(undefined, requested);
      await bench.clock.advance(1000);
      const startMs = performance.now();
      bench.air.block(scooter.controller);
      await bench.clock.advance(timeoutMs - 1);
      expect([...scooter.disconnectReasons, ...central.disconnectReasons]).toEqual([]);
      await bench.clock.advance(1);
      const lost = [{ afterMs: timeoutMs, reason: CONNECTION_TIMEOUT }];
      expect(loss(central, startMs)).toEqual(lost);
      expect(loss(scooter, startMs)).toEqual(lost);
    },
  );

  it('allows both to connect again; undelivered data stay lost', async () => {
    const link = await central.open();
    const unblock = bench.air.block(central.controller);
    await exchange(link, ['lost']);
    await bench.clock.advance(5000);
    expect(link.peripheral.state).toBe('disconnected');
    unblock();
    const next = await central.open();
    await exchange(next, ['found']);
    expect(next.received.map(String)).toEqual(['found']);
    expect(scooter.writes.map(String)).toEqual(['found']);
    expect(bench.clock.pendingTimers()).toBe(0);
  });

  it('reports a disconnect during the gap as done to the end that requested it', async () => {
    const { peripheral } = await central.open();
    bench.air.block(scooter.controller);
    peripheral.disconnect();
    await bench.clock.advance(6000);
    expect(central.disconnectReasons).toEqual([0x16]);
    expect(scooter.disconnectReasons).toEqual([CONNECTION_TIMEOUT]);
  });
});

describe('a controller that is removed', () => {
  it('is noticed by its peer after the supervision timeout', async () => {
    await central.open();
    await bench.clock.advance(1000);
    const startMs = performance.now();
    bench.air.remove(scooter.controller);
    await bench.clock.advance(10_000);
    expect(loss(central, startMs)).toEqual([{ afterMs: 5000, reason: CONNECTION_TIMEOUT }]);
  });
});

describe('a host that vanishes', () => {
  it('is noticed by its peer after the supervision timeout, and sends nothing more', async () => {
    const link = await central.open();
    await bench.clock.advance(1000);
    scooter.notify(Buffer.from('never sent'));
    await bench.clock.advance(0);
    const startMs = performance.now();
    scooter.close();
    await bench.clock.advance(10_000);
    expect(loss(central, startMs)).toEqual([{ afterMs: 5000, reason: CONNECTION_TIMEOUT }]);
    expect(scooter.disconnectReasons).toEqual([]);
    expect(link.received).toEqual([]);
  });

  it('is noticed no later because of a radio gap in between', async () => {
    await central.open();
    await bench.clock.advance(1000);
    const startMs = performance.now();
    central.close();
    await bench.clock.advance(2000);
    const unblock = bench.air.block(scooter.controller);
    await bench.clock.advance(1000);
    unblock();
    await bench.clock.advance(10_000);
    expect(loss(scooter, startMs)).toEqual([{ afterMs: 5000, reason: CONNECTION_TIMEOUT }]);
  });

  it('leaves no timer if its peer vanishes too', async () => {
    await central.open();
    scooter.close();
    expect(bench.clock.pendingTimers()).toBe(1);
    central.close();
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});
