import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnection, ENCRYPT, HANDLE, NOBODY, Scene } from './scene.ts';

const RESET = 0x0c03;
const DONE = '040e0401030c00';

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});
afterEach(() => scene.close());

describe('a reset (Bluetooth Core Vol 4 Part E, 7.3.2)', () => {
  it.each([
    'idle',
    'advertising',
    'scanning',
    'initiating',
    'connected',
    'connected as peripheral',
    'asked for a key',
  ] as const)('of a chip that is %s is answered, and by nothing else', async (situation) => {
    await scene.bring(situation);
    expect(scene.say(RESET)).toEqual([DONE]);
    scene.say(0x0c01, 'ff'.repeat(8));
    expect((await scene.after(10_000)).host).toEqual([]);
    const { isScanning, isInitiating, advertiser } = scene.host.controller;
    expect([isScanning, isInitiating, advertiser.isEnabled]).toEqual([false, false, false]);
    expect(scene.clock.pendingTimers()).toBe(0);
  });

  it('is noticed by peers after the supervision timeout', async () => {
    await scene.connect();
    await scene.after(0);
    scene.say(RESET);
    expect((await scene.after(4999)).peer).toEqual([]);
    expect((await scene.after(1)).peer).toEqual(['040504' + '00' + HANDLE + '08']);
  });

  it('throws away what was to be sent, asked and agreed on', async () => {
    await scene.connect();
    await scene.after(0);
    scene.data('aa');
    scene.order(0x2013, HANDLE + '060006000000f401' + '00000000');
    scene.order(0x0406, HANDLE + '13');
    scene.say(RESET);
    expect((await scene.after(6000)).peer).toEqual(['040504' + '00' + HANDLE + '08']);
  });

  it('forgets what the host said of itself', () => {
    scene.say(0x0c6d, '0100');
    expect(scene.say(0x0c6c)).toEqual(['040e06016c0c000100']);
    scene.say(RESET);
    expect(scene.say(0x0c6c)).toEqual(['040e06016c0c000000']);
  });

  it('frees every handle, also one that was asked for a key', async () => {
    await scene.bring('asked for a key');
    scene.say(RESET);
    for (const [opcode, parameters] of [
      [0x201b, HANDLE],
      [0x0406, HANDLE + '13'],
      [0x2019, ENCRYPT],
    ] as const)
      expect(scene.say(opcode, parameters)[0]).toMatch(/^040(e0601....|f04)02/);
  });

  it('of a chip that is reset already changes nothing', () => {
    expect([scene.say(RESET), scene.say(RESET)]).toEqual([[DONE], [DONE]]);
    scene.say(0x200d, createConnection(NOBODY));
    expect([scene.say(RESET), scene.say(RESET)]).toEqual([[DONE], [DONE]]);
  });

  it('is what a chip is like whose host has left', async () => {
    await scene.connect();
    scene.say(0x200c, '0101');
    scene.host.controller.detach();
    expect(scene.host.controller.isScanning).toBe(false);
    expect((await scene.after(5000)).peer.at(-1)).toBe('040504' + '00' + HANDLE + '08');
  });
});
