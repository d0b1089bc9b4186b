import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RegisterMemory } from './memory.ts';

const CONTENTS = fc.uint8Array({ minLength: 1, maxLength: 56 });
const REGISTER = fc.integer({ min: 0, max: 0xff });

it('reads words and double words with the low byte first', () => {
  const memory = new RegisterMemory();
  memory.store('ESC', 0xb7, Uint8Array.of(0xe3, 0xed, 0x13, 0x80));
  expect(memory.u16('ESC', 0xb7)).toBe(60_899);
  expect(memory.u16('ESC', 0xb8)).toBe(32_787);
  expect(memory.i16('ESC', 0xb7)).toBe(-4_637);
  expect(memory.u32('ESC', 0xb7)).toBe(2_148_789_731);
  expect(memory.lowByte('ESC', 0xb7)).toBe(0xe3);
  expect(memory.highByte('ESC', 0xb7)).toBe(0xed);
});

it('knows nothing that no reply contained, and keeps the devices apart', () => {
  const memory = new RegisterMemory();
  memory.store('ESC', 0x31, Uint8Array.of(1, 2, 3));
  expect(memory.u16('BMS', 0x31)).toBeUndefined();
  expect(memory.lowByte('ESC', 0x32)).toBe(3);
  expect(memory.highByte('ESC', 0x32)).toBeUndefined();
  expect(memory.u16('ESC', 0x32)).toBeUndefined();
  expect(memory.i16('ESC', 0x32)).toBeUndefined();
  expect(memory.u32('ESC', 0x31)).toBeUndefined();
  expect(memory.u16('ESC', 0x30)).toBeUndefined();
});

it('replaces what an earlier reply contained, and only that', () => {
  const memory = new RegisterMemory();
  memory.store('BMS', 0x31, Uint8Array.of(1, 0, 2, 0));
  memory.store('BMS', 0x32, Uint8Array.of(3, 0));
  expect([memory.u16('BMS', 0x31), memory.u16('BMS', 0x32)]).toEqual([1, 3]);
});

it('reads any contents as a DataView does, in one reply or in pieces', () => {
  fc.assert(
    fc.property(REGISTER, CONTENTS, fc.integer({ min: 1, max: 28 }), (register, contents, wordsPerPiece) => {
      const memory = new RegisterMemory();
      for (let word = 0; 2 * word < contents.length; word += wordsPerPiece) {
        memory.store('ESC', register + word, contents.subarray(2 * word, 2 * (word + wordsPerPiece)));
      }
      const view = new DataView(contents.buffer, contents.byteOffset, contents.byteLength);
      const whole = (offset: number, bytes: number): boolean => offset + bytes <= contents.length;
      for (let offset = 0; offset < contents.length; offset += 2) {
        const at = register + offset / 2;
        expect(memory.u16('ESC', at)).toBe(whole(offset, 2) ? view.getUint16(offset, true) : undefined);
        expect(memory.i16('ESC', at)).toBe(whole(offset, 2) ? view.getInt16(offset, true) : undefined);
        expect(memory.u32('ESC', at)).toBe(whole(offset, 4) ? view.getUint32(offset, true) : undefined);
      }
    }),
  );
});
