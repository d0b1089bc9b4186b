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

/** Both ends say something every 100 ms, `count` times. */
async function talk({ characteristic }: TestLink, messages: readonly string[]): Promise<void> {
  for (const message of messages) {
    characteristic.write(Buffer.from(message), true, () => undefined);
    scooter.notify(Buffer.from(message));
    await bench.clock.advance(100);
  }
}

/** After how many milliseconds an end lost its link, and why. */
function loss(end: TestPeripheral | TestCentral, sinceMs: number): { afterMs: number; reason: number }[] {
  return eventsOf(end.packets, DISCONNECTION_COMPLETE).map(({ atMs, bytes }) => ({
    afterMs: atMs - sinceMs,
    reason: bytes.readUInt8(6),
  }));
}

describe('a gap in the radio that is shorter than the supervision timeout', () => {
  it('costs nothing: what is said meanwhile arrives once, in order, on the same connection', async () => {
    const link = await central.open();
    const unblock = bench.air.block(scooter.controller);
    const messages = numbered(49);
    await talk(link, messages);
    expect(scooter.writes).toEqual([]);
    expect(link.received).toEqual([]);
    unblock();
    await bench.clock.advance(1000);
    expect(scooter.writes.map(String)).toEqual(messages);
    expect(link.received.map(String)).toEqual(messages);
    expect([...scooter.disconnectReasons, ...central.disconnectReasons]).toEqual([]);
    await talk(link, ['after']);
    expect(link.received.at(-1)?.toString()).toBe('after');
  });

  it('costs nothing however often it comes', async () => {
    const link = await central.open();
    const messages = numbered(200);
    for (let at = 0; at < messages.length; at += 50) {
      const unblock = bench.air.block(central.controller);
      await talk(link, messages.slice(at, at + 49));
      unblock();
      await talk(link, messages.slice(at + 49, at + 50));
    }
    await bench.clock.advance(1000);
    expect(scooter.writes.map(String)).toEqual(messages);
    expect(link.received.map(String)).toEqual(messages);
  });

  it('is as long as the longest of several that overlap', async () => {
    const link = await central.open();
    const unblocks = [
      bench.air.block(scooter.controller),
      bench.air.block(scooter.controller),
      bench.air.block(central.controller),
    ];
    for (const unblock of unblocks) {
      await talk(link, ['said']);
      expect(link.received).toEqual([]);
      unblock();
      unblock();
    }
    await bench.clock.advance(100);
    expect(link.received.map(String)).toEqual(['said', 'said', 'said']);
    await bench.clock.advance(10_000);
    expect(central.disconnectReasons).toEqual([]);
  });

  it('delays a goodbye', async () => {
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

describe('a gap that is longer', () => {
  it.each([
    { asked: PARAMETERS, timeoutMs: 5000 },
    { asked: { timeout: 100 }, timeoutMs: 1000 },
    { asked: {}, timeoutMs: 420 },
  ])('ends the link for both at the $timeoutMs ms that noble asked for', async ({ asked, timeoutMs }) => {
    await central.open(undefined, asked);
    await bench.clock.advance(1000);
    const startMs = performance.now();
    bench.air.block(scooter.controller);
    await bench.clock.advance(timeoutMs - 1);
    expect([...scooter.disconnectReasons, ...central.disconnectReasons]).toEqual([]);
    await bench.clock.advance(1);
    const lost = [{ afterMs: timeoutMs, reason: CONNECTION_TIMEOUT }];
    expect(loss(central, startMs)).toEqual(lost);
    expect(loss(scooter, startMs)).toEqual(lost);
  });

  it('leaves both able to connect again, and what was not delivered stays lost', async () => {
    const link = await central.open();
    const unblock = bench.air.block(central.controller);
    await talk(link, ['lost']);
    await bench.clock.advance(5000);
    expect(link.peripheral.state).toBe('disconnected');
    unblock();
    const next = await central.open();
    await talk(next, ['found']);
    expect(next.received.map(String)).toEqual(['found']);
    expect(scooter.writes.map(String)).toEqual(['found']);
    expect(bench.clock.pendingTimers()).toBe(0);
  });

  it('reports a goodbye said in it as done to whoever said it', async () => {
    const { peripheral } = await central.open();
    bench.air.block(scooter.controller);
    peripheral.disconnect();
    await bench.clock.advance(6000);
    expect(central.disconnectReasons).toEqual([0x16]);
    expect(scooter.disconnectReasons).toEqual([CONNECTION_TIMEOUT]);
  });
});

describe('a chip that is taken away', () => {
  it('is missed like a host that vanishes', async () => {
    await central.open();
    await bench.clock.advance(1000);
    const startMs = performance.now();
    bench.air.remove(scooter.controller);
    await bench.clock.advance(10_000);
    expect(loss(central, startMs)).toEqual([{ afterMs: 5000, reason: CONNECTION_TIMEOUT }]);
  });
});

describe('a host that vanishes without a word', () => {
  it('is missed by its peer after the supervision timeout, and says nothing more', async () => {
    const link = await central.open();
    await bench.clock.advance(1000);
    scooter.notify(Buffer.from('last words that never left'));
    await bench.clock.advance(0);
    const startMs = performance.now();
    scooter.close();
    await bench.clock.advance(10_000);
    expect(loss(central, startMs)).toEqual([{ afterMs: 5000, reason: CONNECTION_TIMEOUT }]);
    expect(scooter.disconnectReasons).toEqual([]);
    expect(link.received).toEqual([]);
  });

  it('is missed no later for a gap in between', async () => {
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

  it('leaves no timer where the other one vanishes too', async () => {
    await central.open();
    scooter.close();
    expect(bench.clock.pendingTimers()).toBe(1);
    central.close();
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});
