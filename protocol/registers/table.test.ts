import { describe, expect, it } from 'vitest';
import { MAX_READ_BYTES } from '../message.ts';
import { byteAddress } from './codec.ts';
import { BLOCKS, REGISTERS, ROWS } from './table.ts';

const blocks = Object.entries(BLOCKS);

describe('the register table', () => {
  it('assigns no byte of a device twice', () => {
    const assigned = ROWS.flatMap((row) => {
      const starts = [byteAddress(row), ...row.mirrors.map((register) => 2 * register)];
      return starts.flatMap((start) =>
        Array.from({ length: row.bytes }, (_, index) => `${row.device} ${start + index}`),
      );
    });
    expect(new Set(assigned).size).toBe(assigned.length);
  });

  it.each(blocks)('lists exactly the rows inside the block %s', (_, block) => {
    const start = 2 * block.register;
    const inside = Object.entries(REGISTERS[block.device]).filter(
      ([, row]) => byteAddress(row) >= start && byteAddress(row) < start + block.bytes,
    );
    expect(Object.entries(block.rows)).toEqual(inside);
    expect(block.bytes).toBeLessThanOrEqual(MAX_READ_BYTES);
  });

  it.each(blocks)('has no row that extends beyond the block %s', (_, block) => {
    for (const row of Object.values(block.rows)) {
      expect(byteAddress(row) + row.bytes).toBeLessThanOrEqual(2 * block.register + block.bytes);
    }
  });

  it('has the unit of every number in its key', () => {
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
