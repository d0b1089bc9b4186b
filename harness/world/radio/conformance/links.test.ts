import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Controller } from '../controller.ts';
import { SCOOTER } from '../testing/devices.ts';
import { TestHost } from '../testing/test-host.ts';
import { createConnection, HANDLE, PI_ADDRESS, Rig, SCOOTER_ADDRESS, statusOf } from './rig.ts';

const FIRST_HANDLE = 0x40;
const LAST_HANDLE = 0x0eff;
/** 20 ms, no latency, 5 s. */
const PARAMETERS = '10000000f401';
/** Reasons that a host may give. */
const REASONS = ['05', '13', '14', '15', '1a', '29', '3b'];

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

const disconnected = (reason: string): string => '040504' + '00' + HANDLE + reason;
const updated = (parameters: string): string => '043e0a' + '03' + '00' + HANDLE + parameters;
const update = (parameters: string): void =>
  rig.sendCommand(0x2013, HANDLE + parameters.slice(0, 4) + parameters + '00000000');

describe('a connection (Bluetooth Core Vol 4 Part E, 7.7.65.1)', () => {
  it('reports role, peer and parameters to each end', async () => {
    await rig.connect();
    expect(rig.host.takeReceived().at(-1)).toBe(
      '043e130100' + HANDLE + '00' + SCOOTER_ADDRESS + PARAMETERS + '00',
    );
    expect(rig.peer.takeReceived().at(-1)).toBe(
      '043e130100' + HANDLE + '01' + PI_ADDRESS + PARAMETERS + '00',
    );
  });

  it('has a unique handle within the valid range, however many connections there were', () => {
    const { air, host } = rig;
    const handles = new Set<number>();
    for (let round = 0; round <= LAST_HANDLE; round++) {
      const address = `c8:f0:9e:01:${Buffer.from([round >> 8, round & 0xff])
        .toString('hex')
        .replace(/..$/, ':$&')}`;
      const peripheral = new Controller(air, { identity: { address, type: 'random' } });
      host.controller.initiate(peripheral.identity, { interval: 16, latency: 0, supervisionTimeout: 500 });
      host.controller.receiveAdvertisement(peripheral);
      const handle = Buffer.from(host.takeReceived().at(-1) ?? '', 'hex').readUInt16LE(5);
      expect(round > 0 && handle === FIRST_HANDLE).toBe(false);
      handles.add(handle);
      // The first connection stays open.
      if (round > 0) air.links.at(-1)?.drop();
      air.remove(peripheral);
    }
    expect([Math.min(...handles), Math.max(...handles)]).toEqual([FIRST_HANDLE, LAST_HANDLE]);
  });

  it('is not opened twice to the same peer: the second fails to be established', async () => {
    await rig.connect();
    // The reset ends it at the central; the peer does not know yet.
    rig.exchange(0x0c03);
    rig.exchange(0x0c01, 'ff'.repeat(8));
    await rig.connect();
    expect((await rig.advance(200)).host.slice(-2)).toEqual([
      '043e130100' + '4100' + '00' + SCOOTER_ADDRESS + PARAMETERS + '00',
      '040504' + '00' + '4100' + '3e',
    ]);
    expect((await rig.advance(6000)).peer.at(-1)).toBe(disconnected('08'));
    await rig.connect();
    expect(rig.peer.takeReceived().at(-1)).toMatch(/^043e130100/);
  });
});

describe('a host that disconnects (Bluetooth Core Vol 4 Part E, 7.1.6)', () => {
  it.each(REASONS)('with reason 0x%s gets 0x16, and its peer that reason', async (reason) => {
    await rig.connect();
    await rig.advance(0);
    rig.sendCommand(0x0406, HANDLE + reason);
    expect(await rig.advance(20)).toEqual({
      host: ['040f0400010604', disconnected('16')],
      peer: [disconnected(reason)],
    });
  });

  it('with any other reason is rejected, and the connection stays open', async () => {
    await rig.connect();
    await rig.advance(0);
    for (let reason = 0; reason < 0x100; reason++) {
      const hex = reason.toString(16).padStart(2, '0');
      if (!REASONS.includes(hex)) expect(statusOf(rig.exchange(0x0406, HANDLE + hex)[0])).toBe('12');
    }
    expect(await rig.advance(10_000)).toEqual({ host: [], peer: [] });
  });

  it('twice gets one event', async () => {
    await rig.connect();
    await rig.advance(0);
    for (const reason of ['13', '15']) rig.sendCommand(0x0406, HANDLE + reason);
    const { host, peer } = await rig.advance(100);
    expect(host.filter((event) => event.startsWith('0405'))).toEqual([disconnected('16')]);
    expect(peer).toEqual([disconnected('13')]);
  });

  it('cannot use the handle afterwards', async () => {
    await rig.connect();
    rig.sendCommand(0x0406, HANDLE + '13');
    await rig.advance(100);
    expect(statusOf(rig.exchange(0x0406, HANDLE + '13')[0])).toBe('02');
    expect(statusOf(rig.exchange(0x1405, HANDLE, rig.peer)[0])).toBe('02');
  });

  it('out of range gets 0x16 by supervision, and its peer 0x08', async () => {
    await rig.connect();
    await rig.advance(0);
    rig.air.block(rig.peer.controller);
    rig.sendCommand(0x0406, HANDLE + '13');
    expect(await rig.advance(4999)).toEqual({ host: ['040f0400010604'], peer: [] });
    expect(await rig.advance(1)).toEqual({ host: [disconnected('16')], peer: [disconnected('08')] });
  });
});

describe('new connection parameters (Bluetooth Core Vol 4 Part E, 7.7.65.3)', () => {
  beforeEach(async () => {
    await rig.connect();
    await rig.advance(0);
  });

  it('are reported to both ends', async () => {
    update('10000000c800');
    expect(await rig.advance(100)).toEqual({
      host: ['040f0400011320', updated('10000000c800')],
      peer: [updated('10000000c800')],
    });
  });

  it('that are unchanged are reported to the central only', async () => {
    update(PARAMETERS);
    expect(await rig.advance(100)).toEqual({ host: ['040f0400011320', updated(PARAMETERS)], peer: [] });
  });

  it.each(['11000000f401', '10000100f401', '10000000f501'])(
    'of which one differs are reported to both ends (%s)',
    async (one) => {
      update(one);
      expect((await rig.advance(100)).peer).toEqual([updated(one)]);
    },
  );
});

describe('information about the peer', () => {
  it.each([
    ['7.1.23', 'version', 0x041d, '040c0800' + HANDLE + '09ffff0000'],
    ['7.8.21', 'features', 0x2016, '043e0c0400' + HANDLE + '0900000000000000'],
  ])(
    '(Bluetooth Core Vol 4 Part E, %s): its %s is reported at either end',
    async (_section, _what, opcode, event) => {
      await rig.connect();
      for (const host of [rig.host, rig.peer]) {
        expect(rig.exchange(opcode, HANDLE, host)).toEqual([expect.stringMatching(/^040f0400/)]);
        await rig.clock.advance(20);
        expect(host.takeReceived()).toEqual([event]);
      }
    },
  );

  it('is not reported while the peer is out of range', async () => {
    await rig.connect();
    await rig.advance(0);
    const unblock = rig.air.block(rig.peer.controller);
    for (const opcode of [0x041d, 0x2016]) rig.exchange(opcode, HANDLE);
    expect((await rig.advance(1000)).host).toEqual([]);
    unblock();
    expect((await rig.advance(20)).host).toHaveLength(2);
  });

  it('is not reported if the peer does not know of the connection', async () => {
    rig.air.conditions.refusing = true;
    rig.sendCommand(0x200a, '01', rig.peer);
    rig.sendCommand(0x200d, createConnection(SCOOTER_ADDRESS));
    await rig.clock.advance(1300);
    expect(rig.host.takeReceived().at(-1)).toMatch(/^043e130100/);
    expect([...rig.exchange(0x041d, HANDLE), ...rig.exchange(0x2016, HANDLE)]).toHaveLength(2);
    expect((await rig.advance(200)).host).toEqual([disconnected('3e')]);
  });

  it('includes its signal strength (Bluetooth Core Vol 4 Part E, 7.5.4)', async () => {
    await rig.connect();
    expect(rig.exchange(0x1405, HANDLE)).toEqual(['040e0701051400' + HANDLE + 'b9']);
    expect(rig.exchange(0x1405, HANDLE, rig.peer)).toEqual(['040e0701051400' + HANDLE + 'c4']);
  });
});

describe('a connection attempt (Bluetooth Core Vol 4 Part E, 7.8.12)', () => {
  it('stays pending while the controller becomes a peripheral', async () => {
    const third = new TestHost(
      new Controller(rig.air, { identity: { address: '00:00:00:00:00:03', type: 'public' } }),
    );
    rig.sendCommand(0x200d, createConnection(SCOOTER_ADDRESS));
    await rig.connect(third, rig.host, PI_ADDRESS);
    expect(third.takeReceived().at(-1)).toMatch(/^043e130100/);
    expect(rig.host.controller.isInitiating).toBe(true);
    rig.sendCommand(0x200a, '01', rig.peer);
    await rig.clock.advance(1300);
    expect(rig.host.controller.isConnectedTo(SCOOTER.address)).toBe(true);
  });
});
