import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/checksums.json' with { type: 'json' };
import { checksum } from './checksum.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

describe('checksum', () => {
  it.each(vectors)('of $bytes is $crc_le, even if the sum overflows', ({ bytes, crc_le }) => {
    expect(checksum(hex(bytes))).toBe(hex(crc_le).readUInt16LE());
  });

  it('covers only the given range', () => {
    expect(checksum(hex('55aa032001100ebdff'), 2, 7)).toBe(0xffbd);
  });
});
