import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { PARAMETERS, type TestCentral } from './testing/central.ts';
import type { TestPeripheral } from './testing/peripheral.ts';
import { eventsOf } from './testing/recording.ts';

const DISCONNECTION_COMPLETE = 0x05;
const CONNECTION_TIMEOUT = 0x08;
const FAILED_TO_ESTABLISH = 0x3e;

let bench: Bench;
let scooter: TestPeripheral;
let central: TestCentral;
beforeEach(async () => {
  bench = new Bench({ radio: 'realistic' });
  scooter = await bench.peripheral();
  central = await bench.central();
});
afterEach(() => bench.close());

/** When an end lost its link. */
function lossesMs(end: TestPeripheral | TestCentral, sinceMs: number): number[] {
  return eventsOf(end.packets, DISCONNECTION_COMPLETE).map(({ atMs }) => atMs - sinceMs);
}

describe('a peripheral that its central does not receive', () => {
  it('loses the link one supervision timeout after its central, which sends until then', async () => {
    const { characteristic } = await central.open();
    const startMs = performance.now();
    bench.air.blockFrom(scooter.controller);
    characteristic.write(Buffer.from('heard'), true, () => undefined);
    await bench.clock.advance(100);
    expect(scooter.writes.map(String)).toEqual(['heard']);
    await bench.clock.advance(20_000);
    expect(lossesMs(central, startMs)).toEqual([5_000]);
    expect(lossesMs(scooter, startMs)).toEqual([10_000]);
    expect([...central.disconnectReasons, ...scooter.disconnectReasons]).toEqual([
      CONNECTION_TIMEOUT,
      CONNECTION_TIMEOUT,
    ]);
    expect(bench.clock.pendingTimers()).toBe(0);
  });

  it('cannot be found before it has lost the link itself', async () => {
    await central.open();
    const unblock = bench.air.blockFrom(scooter.controller);
    await bench.clock.advance(5_000);
    unblock();
    expect(await central.scan(4_500)).toEqual([]);
    expect(await central.scan(1_000)).toHaveLength(1);
  });

  it('receives what is sent again only once', async () => {
    const { characteristic, received } = await central.open();
    const unblock = bench.air.blockFrom(scooter.controller);
    const messages = Array.from({ length: 20 }, (_, index) => `packet ${index}`);
    for (const message of messages) {
      characteristic.write(Buffer.from(message), true, () => undefined);
      scooter.notify(Buffer.from(message));
    }
    await bench.clock.advance(1_000);
    expect(received).toEqual([]);
    unblock();
    await bench.clock.advance(1_000);
    expect(scooter.writes.map(String)).toEqual(messages);
    expect(received.map(String)).toEqual(messages);
  });
});

describe('a central that its peripheral does not receive', () => {
  it('loses the link together with it: the peripheral responds only to what it receives', async () => {
    const { characteristic } = await central.open();
    const startMs = performance.now();
    bench.air.blockFrom(central.controller);
    characteristic.write(Buffer.from('not heard'), true, () => undefined);
    scooter.notify(Buffer.from('not heard'));
    await bench.clock.advance(20_000);
    expect(lossesMs(central, startMs)).toEqual([5_000]);
    expect(lossesMs(scooter, startMs)).toEqual([5_000]);
    expect(scooter.writes).toEqual([]);
  });

  it('receives advertisements, but cannot connect', async () => {
    const peripheral = await central.find();
    const unblock = bench.air.blockFrom(central.controller);
    await central.connect(peripheral, PARAMETERS);
    await bench.clock.advance(100);
    expect(central.disconnectReasons).toEqual([FAILED_TO_ESTABLISH]);
    expect(scooter.disconnectReasons).toEqual([]);
    unblock();
    await central.connect(peripheral, PARAMETERS);
    await bench.clock.advance(1_000);
    expect(central.disconnectReasons).toHaveLength(1);
  });

  it('gets no scan response', async () => {
    bench.air.blockFrom(central.controller);
    central.noble.startScanning([], true);
    await bench.clock.advance(1_000);
    const kinds = new Set(eventsOf(central.packets, 0x3e).map(({ bytes }) => bytes[5]));
    expect(kinds).toEqual(new Set([0x00]));
  });
});

describe('a link that only its central loses', () => {
  it('ends for the peripheral after the supervision timeout, and not at all if that has ended it before', async () => {
    await central.open();
    const startMs = performance.now();
    const [link] = bench.air.links;
    link?.drop('central');
    await bench.clock.advance(1);
    expect(lossesMs(central, startMs)).toEqual([0]);
    expect(bench.air.links).toEqual([link]);
    await bench.clock.advance(10_000);
    expect(lossesMs(scooter, startMs)).toEqual([5_000]);
    expect(bench.air.links).toEqual([]);
  });
});

describe('a connection that loses each direction by itself', () => {
  it('transfers everything once, in order, at 40 % loss', async () => {
    const { characteristic, received } = await central.open();
    bench.air.conditions.loss = 0.4;
    const sent = Array.from({ length: 300 }, (_, index) => `packet ${index}`);
    for (const message of sent) {
      scooter.notify(Buffer.from(message));
      characteristic.write(Buffer.from(message), true, () => undefined);
    }
    await bench.clock.advance(5_000);
    expect(received.map(String)).toEqual(sent);
    expect(scooter.writes.map(String)).toEqual(sent);
    expect([...scooter.disconnectReasons, ...central.disconnectReasons]).toEqual([]);
  });
});

describe('a scanner with a window shorter than its interval', () => {
  /** Share of advertisements that a central receives in 30 s, of about 286. */
  async function shareReceived(interval: number, window: number): Promise<number> {
    const { scanner } = central.controller;
    central.noble.startScanning([], true);
    await bench.clock.advance(10);
    scanner.parameters = { ...scanner.parameters, interval, window };
    const before = eventsOf(central.packets, 0x3e).length;
    await bench.clock.advance(30_000);
    return (eventsOf(central.packets, 0x3e).length - before) / 2 / 286;
  }

  it('receives advertisements in the windows only', async () => {
    expect(await shareReceived(0x60, 0x60)).toBeCloseTo(1, 1);
    expect(await shareReceived(0x60, 0x30)).toBeCloseTo(0.5, 1);
    expect(await shareReceived(0x200, 0x33)).toBeCloseTo(0.1, 1);
  });

  it('misses those that collide with others', async () => {
    bench.air.conditions.collisions = 0.5;
    const share = await shareReceived(0x60, 0x60);
    // Advertisements, and scan responses of which request and response have to get through as well.
    expect(share).toBeCloseTo((0.5 + 0.5 ** 3) / 2, 1);
  });
});
