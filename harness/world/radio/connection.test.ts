import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Bench } from './testing/bench.ts';
import { PARAMETERS } from './testing/central.ts';
import { OTHER_PI, OTHER_SCOOTER, SCOOTER } from './testing/devices.ts';
import { CHARACTERISTIC, SERVICE } from './testing/peripheral.ts';
import type { Packet } from './testing/recording.ts';

const REASON = { remoteUserTerminated: 0x13, localHostTerminated: 0x16 } as const;
const ACL_BUFFERS = 8;
const ATT_PAYLOAD = 20;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});
afterEach(() => bench.close());

/** Maximum number of ACL packets that a host had outstanding. */
function maxOutstanding(packets: readonly Packet[]): number {
  let [outstanding, max] = [0, 0];
  for (const { direction, bytes } of packets) {
    if (direction === 'fromHost' && bytes[0] === 0x02) outstanding++;
    if (direction === 'toHost' && bytes[0] === 0x04 && bytes[1] === 0x13)
      outstanding -= bytes.readUInt16LE(6);
    max = Math.max(max, outstanding);
  }
  expect(outstanding).toBe(0);
  return max;
}

const numbered = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(`packet ${index}`.padEnd(ATT_PAYLOAD, '.')));

describe('unmodified noble and bleno, connected', () => {
  it('discover services, characteristics and their properties', async () => {
    await bench.peripheral();
    const central = await bench.central();
    const peripheral = await central.find();
    await central.connect(peripheral, PARAMETERS);
    expect(peripheral.state).toBe('connected');
    const uuids = new Promise<string[]>((resolve) =>
      peripheral.discoverServices([], (_error, services) => resolve(services.map(({ uuid }) => uuid))),
    );
    expect(await bench.clock.until(uuids)).toEqual(['1800', '1801', SERVICE]);
    const { uuid, properties } = await central.discover(peripheral);
    expect({ uuid, properties }).toEqual({
      uuid: CHARACTERISTIC,
      properties: ['writeWithoutResponse', 'write', 'notify'],
    });
  });

  it.each([23, 100])('negotiate the MTU of %i of the peripheral', async (maxMtu) => {
    const scooter = await bench.peripheral({ maxMtu });
    const central = await bench.central();
    const { peripheral, characteristic, received } = await central.open();
    expect(peripheral).toMatchObject({ mtu: maxMtu });
    scooter.notify(Buffer.alloc(200, 1));
    characteristic.write(Buffer.alloc(maxMtu - 3, 2), true, () => undefined);
    await bench.clock.advance(1000);
    expect(received).toEqual([Buffer.alloc(maxMtu - 3, 1)]);
    expect(scooter.writes).toEqual([Buffer.alloc(maxMtu - 3, 2)]);
  });

  it('transfer writes with and without response in order', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { characteristic } = await central.open();
    const completed: string[] = [];
    for (const [index, data] of numbered(20).entries()) {
      characteristic.write(data, index % 2 === 0, () => completed.push(data.toString()));
    }
    expect(scooter.writes).toEqual([]);
    await bench.clock.advance(1000);
    expect(scooter.writes).toEqual(numbered(20));
    expect(completed).toHaveLength(20);
  });

  it('complete a write with response once the peripheral has received it', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { characteristic } = await central.open();
    const written = new Promise<number>((resolve) =>
      characteristic.write(Buffer.from('x'), false, () => resolve(scooter.writes.length)),
    );
    expect(await bench.clock.until(written)).toBe(1);
  });

  it('transfer notifications in order, including empty and full ones', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { received } = await central.open();
    const sent = [Buffer.alloc(0), Buffer.alloc(ATT_PAYLOAD, 0xff), Buffer.from([0]), Buffer.alloc(0)];
    for (const data of sent) scooter.notify(data);
    await bench.clock.advance(100);
    expect(received).toEqual(sent);
  });

  it('never have more packets outstanding than the controller has buffers, however much they send', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { characteristic, received } = await central.open();
    const sent = numbered(500);
    for (const data of sent) {
      scooter.notify(data);
      characteristic.write(data, true, () => undefined);
    }
    await bench.clock.advance(5000);
    expect(received).toEqual(sent);
    expect(scooter.writes).toEqual(sent);
    expect(maxOutstanding(scooter.packets)).toBe(ACL_BUFFERS);
    expect(maxOutstanding(central.packets)).toBe(ACL_BUFFERS);
  });

  it('run no timer while they are idle', async () => {
    await bench.peripheral();
    await (await bench.central()).open();
    await bench.clock.advance(100);
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});

describe('a connected peripheral', () => {
  it('is not found by another central until the first one disconnects', async () => {
    await bench.peripheral();
    const first = await bench.central();
    const second = await bench.central({ identity: OTHER_PI });
    const { peripheral } = await first.open();
    expect(await second.scan(5000)).toEqual([]);
    await first.disconnect(peripheral);
    expect(await second.scan(5000)).toEqual([SCOOTER.address]);
  });

  it('does not disturb another connected pair', async () => {
    const scooters = [await bench.peripheral(), await bench.peripheral({ identity: OTHER_SCOOTER })];
    const centrals = [await bench.central(), await bench.central({ identity: OTHER_PI })];
    const links = [await centrals[0]?.open(SCOOTER), await centrals[1]?.open(OTHER_SCOOTER)];
    scooters.forEach((scooter, index) => {
      scooter.onWrite = (data) => scooter.notify(Buffer.from(`${index} received ${data.toString()}`));
    });
    links.forEach((link, index) =>
      link?.characteristic.write(Buffer.from(`client ${index}`), true, () => undefined),
    );
    await bench.clock.advance(100);
    expect(links.map((link) => link?.received.map(String))).toEqual([
      ['0 received client 0'],
      ['1 received client 1'],
    ]);
  });

  it('can share its central with another peripheral', async () => {
    const scooter = await bench.peripheral();
    const other = await bench.peripheral({ identity: OTHER_SCOOTER });
    const central = await bench.central();
    const links = [await central.open(SCOOTER), await central.open(OTHER_SCOOTER)];
    scooter.notify(Buffer.from('one'));
    other.notify(Buffer.from('two'));
    await bench.clock.advance(100);
    expect(links.map(({ received }) => received.map(String))).toEqual([['one'], ['two']]);
  });
});

describe('a disconnect reports the reason to both ends', () => {
  it('if the central disconnects', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { peripheral } = await central.open();
    const left = bench.event(scooter.bleno, 'disconnect');
    await central.disconnect(peripheral);
    await left;
    expect(central.disconnectReasons).toEqual([REASON.localHostTerminated]);
    expect(scooter.disconnectReasons).toEqual([REASON.remoteUserTerminated]);
  });

  it('if the peripheral disconnects', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { peripheral } = await central.open();
    const left = bench.event(peripheral, 'disconnect');
    scooter.bleno.disconnect();
    expect(await left).toEqual([REASON.remoteUserTerminated]);
    expect(scooter.disconnectReasons).toEqual([REASON.localHostTerminated]);
    expect(peripheral.state).toBe('disconnected');
  });

  it('if both disconnect at once', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { peripheral } = await central.open();
    scooter.bleno.disconnect();
    await central.disconnect(peripheral);
    await bench.clock.advance(100);
    expect(scooter.disconnectReasons).toEqual([REASON.localHostTerminated]);
    expect(central.disconnectReasons).toEqual([REASON.remoteUserTerminated]);
  });

  it('after data sent before it, but before data sent after it', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const { peripheral, characteristic } = await central.open();
    characteristic.write(Buffer.from('before'), true, () => undefined);
    // noble sends data some microtasks later than commands.
    await bench.clock.advance(0);
    const left = bench.event(peripheral, 'disconnect');
    peripheral.disconnect();
    characteristic.write(Buffer.from('after'), true, () => undefined);
    await left;
    expect(scooter.writes.map(String)).toEqual(['before']);
  });

  it('after which they can connect again, a hundred times', async () => {
    const scooter = await bench.peripheral();
    const central = await bench.central();
    const peripheral = await central.find();
    for (let round = 0; round < 100; round++) {
      await central.connect(peripheral, PARAMETERS);
      await central.disconnect(peripheral);
    }
    await bench.clock.advance(100);
    expect(scooter.disconnectReasons).toHaveLength(100);
    // Ended connections do not react to changes on the air.
    bench.air.block(scooter.controller);
    expect(bench.clock.pendingTimers()).toBe(0);
  });
});
