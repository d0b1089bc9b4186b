import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UPNP, type UpnpOpcode, decodeUpnp, encodeUpnp } from './upnp.ts';

const opcodes = Object.keys(UPNP) as UpnpOpcode[];

describe('UPNP opcodes', () => {
  it.each(opcodes)('%s decodes to itself', (opcode) => {
    expect(decodeUpnp(encodeUpnp(opcode))).toBe(opcode);
  });

  it('are four bytes, little-endian', () => {
    expect(encodeUpnp('deviceInfo').toString('hex')).toBe('a2000000');
  });

  it('may be the single byte that the official app sends', () => {
    expect(decodeUpnp(Buffer.of(0xa4))).toBe('linkParameters');
  });

  it.each(['', '99000000', '2100', '210000', '21000001', '2100000000'])(
    'are not decoded from %s',
    (bytes) => {
      expect(decodeUpnp(Buffer.from(bytes, 'hex'))).toBeUndefined();
    },
  );

  it('decode arbitrary bytes only if they encode to the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        const opcode = decodeUpnp(Buffer.from(bytes));
        if (opcode !== undefined) {
          expect(encodeUpnp(opcode).subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
        }
      }),
    );
  });
});
