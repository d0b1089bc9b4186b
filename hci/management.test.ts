import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePoweredReply, decodeSetPowered, encodePoweredReply, encodeSetPowered } from './management.ts';

const index = fc.integer({ min: 0, max: 0xfffe });
const status = fc.integer({ min: 0, max: 0xff });

describe('a message of the management channel', () => {
  it('has the layout that BlueZ documents', () => {
    expect(encodeSetPowered({ index: 1, isOn: false }).toString('hex')).toBe('05000100010000');
    expect(encodeSetPowered({ index: 0x0102, isOn: true }).toString('hex')).toBe('05000201010001');
    expect(
      decodePoweredReply(Buffer.from('0100' + '0100' + '0700' + '0500' + '00' + 'c00a0000', 'hex'), 1),
    ).toBe(0);
    expect(decodePoweredReply(Buffer.from('0200' + '0100' + '0300' + '0500' + '11', 'hex'), 1)).toBe(0x11);
  });

  it('is decoded to what was encoded', () => {
    fc.assert(
      fc.property(index, fc.boolean(), (index, isOn) => {
        expect(decodeSetPowered(encodeSetPowered({ index, isOn }))).toEqual({ index, isOn });
      }),
    );
    fc.assert(
      fc.property(index, status, (index, status) => {
        expect(decodePoweredReply(encodePoweredReply(index, status), index)).toBe(status);
      }),
    );
  });

  it('is ignored if it is about another adapter', () => {
    fc.assert(
      fc.property(index, index, status, (index, other, status) => {
        fc.pre(index !== other);
        expect(decodePoweredReply(encodePoweredReply(index, status), other)).toBeUndefined();
      }),
    );
  });

  it('is ignored if it is anything else, truncated or garbled', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), index, (bytes, index) => {
        const packet = Buffer.from(bytes);
        const isReply = bytes.length >= 9 && (bytes[0] === 1 || bytes[0] === 2) && bytes[6] === 5;
        if (!isReply) expect(decodePoweredReply(packet, index)).toBeUndefined();
        expect(() => decodeSetPowered(packet)).not.toThrow();
      }),
    );
  });
});
