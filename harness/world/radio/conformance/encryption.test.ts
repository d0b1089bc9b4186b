import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENCRYPT, HANDLE, REPLY, Scene } from './scene.ts';

const ASKED = '043e0d05' + HANDLE + '1122334455667788' + 'aabb';
const ENCRYPTED = '040804' + '00' + HANDLE + '01';
const REFRESHED = '043003' + '00' + HANDLE;
const KEY_MISSING = '040804' + '06' + HANDLE + '00';
const ACCEPTED = '040f0400011920';
const disconnected = (reason: string): string => '040504' + '00' + HANDLE + reason;

let scene: Scene;
beforeEach(async () => {
  scene = new Scene();
  await scene.connect();
  await scene.after(0);
});
afterEach(() => scene.close());

/** Lets the central ask the peripheral for the key. */
async function ask(): Promise<void> {
  scene.order(0x2019, ENCRYPT);
  await scene.clock.advance(20);
}

describe('encryption (Bluetooth Core Vol 4 Part E, 7.8.24 to 7.8.26)', () => {
  it('asks the peripheral for the key, and is told to both when it has the same', async () => {
    scene.order(0x2019, ENCRYPT);
    expect(await scene.after(1000)).toEqual({ host: [ACCEPTED], peer: [ASKED] });
    expect(scene.say(0x201a, REPLY, scene.peer)).toEqual(['040e06011a2000' + HANDLE]);
    expect(await scene.after(100)).toEqual({ host: [ENCRYPTED], peer: [ENCRYPTED] });
  });

  it('of an encrypted connection is told to both as a new key', async () => {
    await scene.encrypt();
    await scene.after(0);
    await scene.encrypt();
    const { host, peer } = await scene.after(0);
    expect([host.at(-1), peer.at(-1)]).toEqual([REFRESHED, REFRESHED]);
  });

  it('fails for the central where the peripheral has no key, and may be tried again', async () => {
    await ask();
    expect(scene.say(0x201b, HANDLE, scene.peer)).toEqual(['040e06011b2000' + HANDLE]);
    expect(await scene.after(100)).toEqual({ host: [ACCEPTED, KEY_MISSING], peer: [] });
    await scene.encrypt();
    expect((await scene.after(0)).host.at(-1)).toBe(ENCRYPTED);
  });

  it.each([
    ['of that', 0x2001, '0f00000000000000'],
    ['of any LE event', 0x0c01, 'ffffffffffffffdf'],
  ])('fails for the central where the peripheral does not want to hear %s', async (_what, opcode, mask) => {
    scene.say(opcode, mask, scene.peer);
    scene.order(0x2019, ENCRYPT);
    expect(await scene.after(100)).toEqual({ host: [ACCEPTED, KEY_MISSING], peer: [] });
  });

  it('ends an encrypted connection with 0x06 where the peripheral has no key any more', async () => {
    await scene.encrypt();
    await scene.after(0);
    await ask();
    scene.order(0x201b, HANDLE, scene.peer);
    const { host, peer } = await scene.after(100);
    expect([host.at(-1), peer.at(-1)]).toEqual([disconnected('06'), disconnected('16')]);
  });

  it('with different keys ends the connection: by 0x3D at the peripheral, by supervision at the central', async () => {
    await ask();
    scene.order(0x201a, HANDLE + '00'.repeat(16), scene.peer);
    const { host, peer } = await scene.after(20);
    expect([host, peer.at(-1)]).toEqual([[ACCEPTED], disconnected('3d')]);
    expect(await scene.after(4979)).toEqual({ host: [], peer: [] });
    expect(await scene.after(21)).toEqual({ host: [disconnected('08')], peer: [] });
    expect(scene.clock.pendingTimers()).toBe(0);
  });

  it('is asked for once: a second key is refused', async () => {
    await ask();
    expect(scene.say(0x201a, REPLY, scene.peer)).toEqual(['040e06011a2000' + HANDLE]);
    expect(scene.say(0x201a, REPLY, scene.peer)).toEqual(['040e06011a200c' + HANDLE]);
  });

  it('comes to nothing where the central is gone before the key', async () => {
    await ask();
    scene.say(0x0c03);
    expect(scene.say(0x201a, REPLY, scene.peer)).toEqual(['040e06011a2000' + HANDLE]);
    expect((await scene.after(6000)).peer).toEqual([disconnected('08')]);
  });
});
