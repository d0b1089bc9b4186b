import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, ENCRYPT, HANDLE, ABSENT, Rig } from './rig.ts';

const RESET = 0x0c03;
const DONE = '040e0401030c00';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});
afterEach(() => rig.close());

describe('a reset (Bluetooth Core Vol 4 Part E, 7.3.2)', () => {
  it.each([
    'idle',
    'advertising',
    'scanning',
    'initiating',
    'connected',
    'connected as peripheral',
    'key requested',
  ] as const)('of a controller (%s) gets one answer and no event', async (situation) => {
    await rig.enter(situation);
    expect(rig.exchange(RESET)).toEqual([DONE]);
    rig.exchange(0x0c01, 'ff'.repeat(8));
    expect((await rig.advance(10_000)).host).toEqual([]);
    const { isScanning, isInitiating, advertiser } = rig.host.controller;
    expect([isScanning, isInitiating, advertiser.isEnabled]).toEqual([false, false, false]);
    expect(rig.clock.pendingTimers()).toBe(0);
  });

  it('is noticed by the peer after the supervision timeout', async () => {
    await rig.connect();
    await rig.advance(0);
    rig.exchange(RESET);
    expect((await rig.advance(4999)).peer).toEqual([]);
    expect((await rig.advance(1)).peer).toEqual(['040504' + '00' + HANDLE + '08']);
  });

  it('discards pending data and procedures', async () => {
    await rig.connect();
    await rig.advance(0);
    rig.sendData('aa');
    rig.sendCommand(0x2013, HANDLE + '060006000000f401' + '00000000');
    rig.sendCommand(0x0406, HANDLE + '13');
    rig.exchange(RESET);
    expect((await rig.advance(6000)).peer).toEqual(['040504' + '00' + HANDLE + '08']);
  });

  it('discards LE Host Support', () => {
    rig.exchange(0x0c6d, '0100');
    expect(rig.exchange(0x0c6c)).toEqual(['040e06016c0c000100']);
    rig.exchange(RESET);
    expect(rig.exchange(0x0c6c)).toEqual(['040e06016c0c000000']);
  });

  it('frees every handle, also with a pending key request', async () => {
    await rig.enter('key requested');
    rig.exchange(RESET);
    for (const [opcode, parameters] of [
      [0x201b, HANDLE],
      [0x0406, HANDLE + '13'],
      [0x2019, ENCRYPT],
    ] as const)
      expect(rig.exchange(opcode, parameters)[0]).toMatch(/^040(e0601....|f04)02/);
  });

  it('after a reset changes nothing', () => {
    expect([rig.exchange(RESET), rig.exchange(RESET)]).toEqual([[DONE], [DONE]]);
    rig.exchange(0x200d, createConnection(ABSENT));
    expect([rig.exchange(RESET), rig.exchange(RESET)]).toEqual([[DONE], [DONE]]);
  });

  it('is performed when the host detaches', async () => {
    await rig.connect();
    rig.exchange(0x200c, '0101');
    rig.host.controller.detach();
    expect(rig.host.controller.isScanning).toBe(false);
    expect((await rig.advance(5000)).peer.at(-1)).toBe('040504' + '00' + HANDLE + '08');
  });
});
