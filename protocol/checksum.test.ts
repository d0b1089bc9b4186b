import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/checksums.json' with { type: 'json' };
import { checksum } from './checksum.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

describe('checksum', () => {
  it.each(vectors)('of $bytes is $crc_le, however large the sum grows', ({ bytes, crc_le }) => {
    expect(checksum(hex(bytes))).toBe(hex(crc_le).readUInt16LE());
  });

  it('counts only the bytes it is asked to', () => {
    expect(checksum(hex('55aa032001100ebdff'), 2, 7)).toBe(0xffbd);
  });
});
