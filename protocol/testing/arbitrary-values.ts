import fc from 'fast-check';
import { decodeRegister, encodeRegister, limitsOf } from '../registers/codec.ts';
import type { Row } from '../registers/row.ts';

const two = (number: number): string => String(number).padStart(2, '0');
const digits = '0123456789abcdef'.split('');

/** Generates any value of a row. */
export function anyValueOf(row: Row): fc.Arbitrary<number | string> {
  switch (row.kind) {
    case 'number': {
      const { min, step } = limitsOf(row);
      const steps = fc.nat(row.maxRaw - row.minRaw);
      return steps.map((count) => decodeRegister(row, encodeRegister(row, min + count * step)));
    }
    case 'ascii':
      return fc.string({
        unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
        maxLength: row.bytes,
      });
    case 'version':
      return fc.tuple(fc.nat(0xff), fc.nat(0xf), fc.nat(0xf)).map((parts) => parts.join('.'));
    case 'date':
      return fc
        .tuple(fc.nat(127), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 }))
        .map(([years, month, day]) => `${2000 + years}-${two(month)}-${two(day)}`);
    case 'hex':
      return fc.string({
        unit: fc.constantFrom(...digits),
        minLength: 2 * row.bytes,
        maxLength: 2 * row.bytes,
      });
  }
}
