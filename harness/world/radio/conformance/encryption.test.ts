import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ENCRYPT, HANDLE, REPLY, Rig } from './rig.ts';

const KEY_REQUEST = '043e0d05' + HANDLE + '1122334455667788' + 'aabb';
const ENCRYPTED = '040804' + '00' + HANDLE + '01';
const REFRESHED = '043003' + '00' + HANDLE;
const KEY_MISSING = '040804' + '06' + HANDLE + '00';
const ACCEPTED = '040f0400011920';
const disconnected = (reason: string): string => '040504' + '00' + HANDLE + reason;

let rig: Rig;
beforeEach(async () => {
  rig = new Rig();
  await rig.connect();
  await rig.advance(0);
});
afterEach(() => rig.close());

/** Makes the central start encryption, which requests the key from the peripheral. */
async function requestKey(): Promise<void> {
  rig.sendCommand(0x2019, ENCRYPT);
  await rig.clock.advance(20);
}

describe('encryption (Bluetooth Core Vol 4 Part E, 7.8.24 to 7.8.26)', () => {
  it('requests the key from the peripheral, and is reported to both hosts if the keys match', async () => {
    rig.sendCommand(0x2019, ENCRYPT);
    expect(await rig.advance(1000)).toEqual({ host: [ACCEPTED], peer: [KEY_REQUEST] });
    expect(rig.exchange(0x201a, REPLY, rig.peer)).toEqual(['040e06011a2000' + HANDLE]);
    expect(await rig.advance(100)).toEqual({ host: [ENCRYPTED], peer: [ENCRYPTED] });
  });

  it('of an encrypted connection is reported to both hosts as a key refresh', async () => {
    await rig.encrypt();
    await rig.advance(0);
    await rig.encrypt();
    const { host, peer } = await rig.advance(0);
    expect([host.at(-1), peer.at(-1)]).toEqual([REFRESHED, REFRESHED]);
  });

  it('fails at the central if the peripheral has no key, and can be tried again', async () => {
    await requestKey();
    expect(rig.exchange(0x201b, HANDLE, rig.peer)).toEqual(['040e06011b2000' + HANDLE]);
    expect(await rig.advance(100)).toEqual({ host: [ACCEPTED, KEY_MISSING], peer: [] });
    await rig.encrypt();
    expect((await rig.advance(0)).host.at(-1)).toBe(ENCRYPTED);
  });

  it.each([
    ['key requests', 0x2001, '0f00000000000000'],
    ['LE events', 0x0c01, 'ffffffffffffffdf'],
  ])('fails at the central if the peripheral masks %s', async (_what, opcode, mask) => {
    rig.exchange(opcode, mask, rig.peer);
    rig.sendCommand(0x2019, ENCRYPT);
    expect(await rig.advance(100)).toEqual({ host: [ACCEPTED, KEY_MISSING], peer: [] });
  });

  it('ends an encrypted connection with 0x06 if the peripheral no longer has a key', async () => {
    await rig.encrypt();
    await rig.advance(0);
    await requestKey();
    rig.sendCommand(0x201b, HANDLE, rig.peer);
    const { host, peer } = await rig.advance(100);
    expect([host.at(-1), peer.at(-1)]).toEqual([disconnected('06'), disconnected('16')]);
  });

  it('with different keys ends the connection with 0x3D at the peripheral, and by supervision at the central', async () => {
    await requestKey();
    rig.sendCommand(0x201a, HANDLE + '00'.repeat(16), rig.peer);
    const { host, peer } = await rig.advance(20);
    expect([host, peer.at(-1)]).toEqual([[ACCEPTED], disconnected('3d')]);
    expect(await rig.advance(4979)).toEqual({ host: [], peer: [] });
    expect(await rig.advance(21)).toEqual({ host: [disconnected('08')], peer: [] });
    expect(rig.clock.pendingTimers()).toBe(0);
  });

  it('accepts one key per request', async () => {
    await requestKey();
    expect(rig.exchange(0x201a, REPLY, rig.peer)).toEqual(['040e06011a2000' + HANDLE]);
    expect(rig.exchange(0x201a, REPLY, rig.peer)).toEqual(['040e06011a200c' + HANDLE]);
  });

  it('has no effect if the central vanishes before the key', async () => {
    await requestKey();
    rig.exchange(0x0c03);
    expect(rig.exchange(0x201a, REPLY, rig.peer)).toEqual(['040e06011a2000' + HANDLE]);
    expect((await rig.advance(6000)).peer).toEqual([disconnected('08')]);
  });
});
