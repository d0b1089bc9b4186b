import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { OTHER_SCOOTER, PI, SCOOTER } from './testing/devices.ts';
import { localName } from './testing/peripheral.ts';
import { TestHost } from './testing/test-host.ts';
import { leEventsOf } from './testing/recording.ts';
import { Controller } from './controller.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

const ADVERTISING_REPORT = 0x02;
const LE_SET_ADVERTISING_ENABLE = 0x200a;
const LE_SET_SCAN_PARAMETERS = 0x200b;
const LE_SET_SCAN_ENABLE = 0x200c;
const MANUFACTURER_DATA = Buffer.from('4e4221000000de', 'hex');
const manufacturerData = Buffer.concat([
  Buffer.from([MANUFACTURER_DATA.length + 1, 0xff]),
  MANUFACTURER_DATA,
]);

describe('a central that scans', () => {
  it('gets the manufacturer data of the advertisement and the name of the scan response', async () => {
    await bench.peripheral({ advertisement: manufacturerData, scanResponse: localName('MIScooter1234') });
    const central = await bench.central();
    const { advertisement, address, addressType, connectable, rssi } = await central.find();
    expect({ address, addressType, connectable, rssi }).toEqual({
      ...{ address: SCOOTER.address, addressType: SCOOTER.type },
      ...{ connectable: true, rssi: -60 },
    });
    expect(advertisement.manufacturerData).toEqual(MANUFACTURER_DATA);
    expect(advertisement.localName).toBe('MIScooter1234');
  });

  it('distinguishes several peripherals', async () => {
    await bench.peripheral({ advertisement: localName('one') });
    await bench.peripheral({ identity: OTHER_SCOOTER, advertisement: localName('two') });
    const central = await bench.central();
    expect((await central.scan(1000)).toSorted()).toEqual([SCOOTER.address, OTHER_SCOOTER.address]);
    expect((await central.find(SCOOTER)).advertisement.localName).toBe('one');
    expect((await central.find(OTHER_SCOOTER)).advertisement.localName).toBe('two');
  });

  it('receives an advertisement and its scan response every 100 to 110 ms', async () => {
    await bench.peripheral();
    const central = await bench.central();
    await central.scan(20_000);
    const reports = leEventsOf(central.packets, ADVERTISING_REPORT);
    const atMs = [0x00, 0x04].map((kind) =>
      reports.filter(({ bytes }) => bytes[5] === kind).map((report) => report.atMs),
    );
    expect(atMs[0]).toEqual(atMs[1]);
    const gapsMs = (atMs[0] ?? []).slice(1).map((ms, index) => ms - (atMs[0]?.[index] ?? 0));
    expect(gapsMs.length).toBeGreaterThan(180);
    expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...gapsMs)).toBeLessThanOrEqual(110);
    expect(new Set(gapsMs).size).toBeGreaterThan(5);
  });

  it('does not find a peripheral that stopped advertising, is blocked, or was removed', async () => {
    const { bleno, controller } = await bench.peripheral();
    const central = await bench.central();
    const unblock = bench.air.block(controller);
    expect(await central.scan(1000)).toEqual([]);
    unblock();
    expect(await central.scan(1000)).toEqual([SCOOTER.address]);
    bleno.stopAdvertising();
    await bench.clock.advance(10);
    expect(await central.scan(1000)).toEqual([]);
    bleno.startAdvertisingWithEIRData(localName('back'), Buffer.alloc(0));
    await bench.clock.advance(10);
    expect(await central.scan(1000)).toEqual([SCOOTER.address]);
    bench.air.remove(controller);
    expect(await central.scan(1000)).toEqual([]);
  });

  it('receives nothing more from a peripheral that is removed during the scan', async () => {
    const { controller } = await bench.peripheral();
    const central = await bench.central();
    central.noble.startScanning([], true);
    await bench.clock.advance(1000);
    bench.air.remove(controller);
    central.noble.on('discover', () => expect.unreachable());
    await bench.clock.advance(1000);
    expect(bench.clock.pendingTimers()).toBe(0);
  });

  it('does not receive its own advertisements', async () => {
    const host = new TestHost(new Controller(bench.air, { identity: PI }));
    host.command(LE_SET_ADVERTISING_ENABLE, [1]);
    host.command(LE_SET_SCAN_ENABLE, [1, 0]);
    expect(bench.clock.pendingTimers()).toBe(0);
    await bench.clock.advance(2000);
    expect(host.takeReceived()).toEqual([]);
  });

  it('gets no scan responses in a passive scan, and no duplicates if they are filtered', async () => {
    await bench.peripheral({ scanResponse: localName('answer') });
    const host = new TestHost(new Controller(bench.air, { identity: PI }));
    const scan = async (active: 0 | 1, filterDuplicates: 0 | 1): Promise<number[]> => {
      host.command(LE_SET_SCAN_PARAMETERS, [active, 0x12, 0, 0x12, 0, 0, 0]);
      host.command(LE_SET_SCAN_ENABLE, [1, filterDuplicates]);
      await bench.clock.advance(1000);
      const kinds = host.takeReceived().map((report) => Number.parseInt(report.slice(10, 12), 16));
      host.command(LE_SET_SCAN_ENABLE, [0, 0]);
      return kinds;
    };
    expect(new Set(await scan(0, 0))).toEqual(new Set([0x00]));
    expect(new Set(await scan(1, 0))).toEqual(new Set([0x00, 0x04]));
    expect(await scan(0, 1)).toEqual([0x00]);
    expect(await scan(1, 1)).toEqual([0x00, 0x04]);
  });
});

describe('an air without a scanning device', () => {
  it('runs no timer, however many devices advertise', async () => {
    await bench.peripheral();
    await bench.peripheral({ identity: OTHER_SCOOTER });
    const central = await bench.central();
    // Delivers the last packets of the start-up.
    await bench.clock.advance(0);
    expect(bench.clock.pendingTimers()).toBe(0);
    central.noble.startScanning([], true);
    await bench.clock.advance(500);
    expect(bench.clock.pendingTimers()).toBe(2);
    central.noble.stopScanning();
    await bench.clock.advance(10);
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});

describe('packet loss', () => {
  it('of nearly 100 % prevents discovery', async () => {
    await bench.peripheral();
    const central = await bench.central();
    bench.air.conditions.loss = 1 - Number.EPSILON;
    expect(await central.scan(60_000)).toEqual([]);
  });

  it('of 20 % reduces the number of reports, but not discovery', async () => {
    await bench.peripheral();
    const central = await bench.central();
    bench.air.conditions.loss = 0.2;
    await central.scan(20_000);
    const reports = leEventsOf(central.packets, ADVERTISING_REPORT);
    const kinds = [0x00, 0x04].map((kind) => reports.filter(({ bytes }) => bytes[5] === kind).length);
    // A fifth of about 190 advertisements is lost, and a scan response if its request or itself is lost.
    expect(kinds[0]).toBeGreaterThan(130);
    expect(kinds[0]).toBeLessThan(175);
    expect(kinds[1]).toBeGreaterThan(75);
    expect(kinds[1]).toBeLessThan(112);
    expect((await central.find()).address).toBe(SCOOTER.address);
  });
});
