import { describe, expect, it } from 'vitest';
import { MAX_READ_BYTES } from '../message.ts';
import { byteAddress } from './codec.ts';
import { BLOCKS, REGISTERS, ROWS } from './table.ts';

const blocks = Object.entries(BLOCKS);

describe('the register table', () => {
  it('gives no byte of a device two meanings', () => {
    const taken = ROWS.flatMap((row) => {
      const starts = [byteAddress(row), ...row.mirrors.map((register) => 2 * register)];
      return starts.flatMap((start) =>
        Array.from({ length: row.bytes }, (_, index) => `${row.device} ${start + index}`),
      );
    });
    expect(new Set(taken).size).toBe(taken.length);
  });

  it.each(blocks)('has in the block %s every row that lies there, and only those', (_, block) => {
    const start = 2 * block.register;
    const inside = Object.entries(REGISTERS[block.device]).filter(
      ([, row]) => byteAddress(row) >= start && byteAddress(row) < start + block.bytes,
    );
    expect(Object.entries(block.rows)).toEqual(inside);
    expect(block.bytes).toBeLessThanOrEqual(MAX_READ_BYTES);
  });

  it.each(blocks)('cuts no row off at the end of the block %s', (_, block) => {
    for (const row of Object.values(block.rows)) {
      expect(byteAddress(row) + row.bytes).toBeLessThanOrEqual(2 * block.register + block.bytes);
    }
  });

  it('names the unit of every number in its key', () => {
    const suffixes: Record<string, RegExp> = {
      m: /M$/,
      km: /Km$/,
      'km/h': /Kmh$/,
      s: /S$/,
      '%': /Percent$/,
      '°C': /C$/,
      V: /V$/,
      A: /A$/,
      mAh: /Mah$/,
    };
    for (const rows of Object.values(REGISTERS)) {
      for (const [key, row] of Object.entries(rows)) {
        if (row.kind === 'number' && row.unit !== '') expect(key).toMatch(suffixes[row.unit] ?? /never/);
      }
    }
  });
});
