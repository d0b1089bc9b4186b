import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Controller } from '../controller.ts';
import { SCOOTER } from '../testing/devices.ts';
import { TestHost } from '../testing/test-host.ts';
import { createConnection, HANDLE, PI_ADDRESS, Scene, SCOOTER_ADDRESS, statusOf } from './scene.ts';

const FIRST_HANDLE = 0x40;
const LAST_HANDLE = 0x0eff;
/** 20 ms, no latency, 5 s. */
const PARAMETERS = '10000000f401';
/** With which a host may hang up. */
const REASONS = ['05', '13', '14', '15', '1a', '29', '3b'];

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

const disconnected = (reason: string): string => '040504' + '00' + HANDLE + reason;
const updated = (parameters: string): string => '043e0a' + '03' + '00' + HANDLE + parameters;
const update = (parameters: string): void =>
  scene.order(0x2013, HANDLE + parameters.slice(0, 4) + parameters + '00000000');

describe('a connection (Bluetooth Core Vol 4 Part E, 7.7.65.1)', () => {
  it('tells each end its role, its peer and the parameters', async () => {
    await scene.connect();
    expect(scene.host.takeReceived().at(-1)).toBe(
      '043e130100' + HANDLE + '00' + SCOOTER_ADDRESS + PARAMETERS + '00',
    );
    expect(scene.peer.takeReceived().at(-1)).toBe(
      '043e130100' + HANDLE + '01' + PI_ADDRESS + PARAMETERS + '00',
    );
  });

  it('has a handle of its own among those that live, and within the range, however many there were', () => {
    const { air, host } = scene;
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
      // The first lives on.
      if (round > 0) air.links.at(-1)?.drop();
      air.remove(peripheral);
    }
    expect([Math.min(...handles), Math.max(...handles)]).toEqual([FIRST_HANDLE, LAST_HANDLE]);
  });

  it('that lives is not made twice: the second looks like one whose request was lost', async () => {
    await scene.connect();
    // The central forgets it; its peer does not know yet.
    scene.say(0x0c03);
    scene.say(0x0c01, 'ff'.repeat(8));
    await scene.connect();
    expect((await scene.after(200)).host.slice(-2)).toEqual([
      '043e130100' + '4100' + '00' + SCOOTER_ADDRESS + PARAMETERS + '00',
      '040504' + '00' + '4100' + '3e',
    ]);
    expect((await scene.after(6000)).peer.at(-1)).toBe(disconnected('08'));
    await scene.connect();
    expect(scene.peer.takeReceived().at(-1)).toMatch(/^043e130100/);
  });
});

describe('a host that hangs up (Bluetooth Core Vol 4 Part E, 7.1.6)', () => {
  it.each(REASONS)('with 0x%s hears 0x16, and its peer that reason', async (reason) => {
    await scene.connect();
    await scene.after(0);
    scene.order(0x0406, HANDLE + reason);
    expect(await scene.after(20)).toEqual({
      host: ['040f0400010604', disconnected('16')],
      peer: [disconnected(reason)],
    });
  });

  it('with any other reason is refused, and the connection goes on', async () => {
    await scene.connect();
    await scene.after(0);
    for (let reason = 0; reason < 0x100; reason++) {
      const hex = reason.toString(16).padStart(2, '0');
      if (!REASONS.includes(hex)) expect(statusOf(scene.say(0x0406, HANDLE + hex)[0])).toBe('12');
    }
    expect(await scene.after(10_000)).toEqual({ host: [], peer: [] });
  });

  it('twice hears of it once', async () => {
    await scene.connect();
    await scene.after(0);
    for (const reason of ['13', '15']) scene.order(0x0406, HANDLE + reason);
    const { host, peer } = await scene.after(100);
    expect(host.filter((event) => event.startsWith('0405'))).toEqual([disconnected('16')]);
    expect(peer).toEqual([disconnected('13')]);
  });

  it('knows no such connection afterwards', async () => {
    await scene.connect();
    scene.order(0x0406, HANDLE + '13');
    await scene.after(100);
    expect(statusOf(scene.say(0x0406, HANDLE + '13')[0])).toBe('02');
    expect(statusOf(scene.say(0x1405, HANDLE, scene.peer)[0])).toBe('02');
  });

  it('out of reach hears 0x16 by supervision, and its peer 0x08', async () => {
    await scene.connect();
    await scene.after(0);
    scene.air.block(scene.peer.controller);
    scene.order(0x0406, HANDLE + '13');
    expect(await scene.after(4999)).toEqual({ host: ['040f0400010604'], peer: [] });
    expect(await scene.after(1)).toEqual({ host: [disconnected('16')], peer: [disconnected('08')] });
  });
});

describe('new connection parameters (Bluetooth Core Vol 4 Part E, 7.7.65.3)', () => {
  beforeEach(async () => {
    await scene.connect();
    await scene.after(0);
  });

  it('are told to both ends', async () => {
    update('10000000c800');
    expect(await scene.after(100)).toEqual({
      host: ['040f0400011320', updated('10000000c800')],
      peer: [updated('10000000c800')],
    });
  });

  it('that change nothing are told to the central alone', async () => {
    update(PARAMETERS);
    expect(await scene.after(100)).toEqual({ host: ['040f0400011320', updated(PARAMETERS)], peer: [] });
  });

  it.each(['11000000f401', '10000100f401', '10000000f501'])(
    'of which one differs are told to both (%s)',
    async (one) => {
      update(one);
      expect((await scene.after(100)).peer).toEqual([updated(one)]);
    },
  );
});

describe('what a host asks of its peer', () => {
  it.each([
    ['7.1.23', 'version', 0x041d, '040c0800' + HANDLE + '09ffff0000'],
    ['7.8.21', 'features', 0x2016, '043e0c0400' + HANDLE + '0900000000000000'],
  ])(
    '(Bluetooth Core Vol 4 Part E, %s): its %s, is answered at either end',
    async (_section, _what, opcode, event) => {
      await scene.connect();
      for (const host of [scene.host, scene.peer]) {
        expect(scene.say(opcode, HANDLE, host)).toEqual([expect.stringMatching(/^040f0400/)]);
        await scene.clock.advance(20);
        expect(host.takeReceived()).toEqual([event]);
      }
    },
  );

  it('is not answered while that is out of reach', async () => {
    await scene.connect();
    await scene.after(0);
    const unblock = scene.air.block(scene.peer.controller);
    for (const opcode of [0x041d, 0x2016]) scene.say(opcode, HANDLE);
    expect((await scene.after(1000)).host).toEqual([]);
    unblock();
    expect((await scene.after(20)).host).toHaveLength(2);
  });

  it('is not answered by one that knows nothing of the connection', async () => {
    scene.air.conditions.refusing = true;
    scene.order(0x200a, '01', scene.peer);
    scene.order(0x200d, createConnection(SCOOTER_ADDRESS));
    await scene.clock.advance(1300);
    expect(scene.host.takeReceived().at(-1)).toMatch(/^043e130100/);
    expect([...scene.say(0x041d, HANDLE), ...scene.say(0x2016, HANDLE)]).toHaveLength(2);
    expect((await scene.after(200)).host).toEqual([disconnected('3e')]);
  });

  it('how strong it is, is what each end hears (Bluetooth Core Vol 4 Part E, 7.5.4)', async () => {
    await scene.connect();
    expect(scene.say(0x1405, HANDLE)).toEqual(['040e0701051400' + HANDLE + 'b9']);
    expect(scene.say(0x1405, HANDLE, scene.peer)).toEqual(['040e0701051400' + HANDLE + 'c4']);
  });
});

describe('a connection attempt (Bluetooth Core Vol 4 Part E, 7.8.12)', () => {
  it('goes on while its chip becomes a peripheral', async () => {
    const third = new TestHost(
      new Controller(scene.air, { identity: { address: '00:00:00:00:00:03', type: 'public' } }),
    );
    scene.order(0x200d, createConnection(SCOOTER_ADDRESS));
    await scene.connect(third, scene.host, PI_ADDRESS);
    expect(third.takeReceived().at(-1)).toMatch(/^043e130100/);
    expect(scene.host.controller.isInitiating).toBe(true);
    scene.order(0x200a, '01', scene.peer);
    await scene.clock.advance(1300);
    expect(scene.host.controller.isConnectedTo(SCOOTER.address)).toBe(true);
  });
});
