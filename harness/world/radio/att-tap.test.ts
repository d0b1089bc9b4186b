import { describe, expect, it } from 'vitest';
import type { Fragment } from './acl.ts';
import { tapped, type AttTap } from './att-tap.ts';
import type { Radio } from './radio.ts';

const PEER = {} as Radio;
const ATT = 4;
const SIGNALLING = 5;

function l2cap(packet: string, channel = ATT): Fragment {
  const data = Buffer.from(`00000000${packet}`, 'hex');
  data.writeUInt16LE(data.length - 4, 0);
  data.writeUInt16LE(channel, 2);
  return { isContinuation: false, data };
}

const append =
  (byte: number): AttTap =>
  (packet) =>
    Buffer.concat([packet, Buffer.of(byte)]);
const lose: AttTap = () => undefined;

describe('a tap of the attribute protocol', () => {
  it('replaces a packet by one of any length', () => {
    expect(tapped(new Set([append(0xfe), append(0xff)]), l2cap('0a01'), PEER)).toEqual(l2cap('0a01feff'));
  });

  it('loses a packet, which later taps do not see', () => {
    expect(tapped(new Set([lose, append(0xff)]), l2cap('0a01'), PEER)).toBeUndefined();
  });

  it.each([
    { what: 'of another channel', fragment: l2cap('0a01', SIGNALLING) },
    { what: 'that continue a packet', fragment: { ...l2cap('0a01'), isContinuation: true } },
    {
      what: 'of a longer packet',
      fragment: { isContinuation: false, data: Buffer.from('050004000a01', 'hex') },
    },
    { what: 'without a header', fragment: { isContinuation: false, data: Buffer.from('0500', 'hex') } },
  ])('does not see fragments $what', ({ fragment }) => {
    expect(tapped(new Set([lose]), fragment, PEER)).toBe(fragment);
  });
});
