import { describe, expect, it } from 'vitest';
import { POLLED_BLOCKS as BLOCKS } from './blocks.ts';
import { PartAssembler } from './part-assembler.ts';

const hex = (contents: readonly Buffer[]): string[] => contents.map((bytes) => bytes.toString('hex'));
const words = (...bytes: number[]): Buffer => Buffer.from(bytes.flatMap((byte) => [byte, 0]));

describe('the parts of a block', () => {
  it('make up its contents once all of its rows are known', () => {
    const parts = new PartAssembler(BLOCKS.live);
    expect(parts.add(0xb0, words(1, 2, 3, 4))).toEqual([]);
    expect(parts.add(0xb4, words(5, 6, 7))).toEqual([]);
    expect(parts.add(0xb7, words(8, 9, 10, 11))).toEqual([]);
    const contents = words(...Array.from({ length: 12 }, (_, index) => index + 1)).toString('hex');
    expect(hex(parts.add(0xbb, words(12)))).toEqual([contents.padEnd(64, '0')]);
  });

  it('are not needed if the block is read in one request', () => {
    const parts = new PartAssembler(BLOCKS.battery);
    const whole = words(1, 2, 3, 4, 5);
    expect(parts.add(0x31, whole)).toEqual([whole]);
    expect(parts.add(0x31, whole)).toEqual([whole]);
  });

  it('may be any of the replies to a repeated request', () => {
    const parts = new PartAssembler(BLOCKS.battery);
    parts.add(0x31, words(1, 2, 3, 4));
    parts.add(0x31, words(6, 7, 8, 9));
    expect(hex(parts.add(0x35, words(5)))).toEqual(['01000200030004000500', '06000700080009000500']);
    expect(hex(parts.add(0x35, words(0)))).toEqual(['01000200030004000000', '06000700080009000000']);
  });

  it('begin anew with the first one', () => {
    const parts = new PartAssembler(BLOCKS.battery);
    parts.add(0x31, words(1, 2, 3, 4));
    parts.add(0x35, words(5));
    expect(parts.add(0x31, words(6, 7, 8, 9))).toEqual([]);
    expect(hex(parts.add(0x35, words(0)))).toEqual(['06000700080009000000']);
  });

  it('of an aborted read are discarded', () => {
    const parts = new PartAssembler(BLOCKS.battery);
    parts.add(0x31, words(1, 2, 3, 4));
    parts.reset();
    expect(parts.add(0x35, words(5))).toEqual([]);
  });
});
