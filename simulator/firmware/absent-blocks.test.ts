import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Device, MAX_READ_BYTES, readRequest } from '../../protocol/message.ts';
import { ROWS } from '../../protocol/registers/table.ts';
import type { AbsentBlockAnswer } from '../models/model.ts';
import { MODELS } from '../models/models.ts';
import { Bench } from '../testing/bench.ts';
import { LOGIN, PAIRING } from '../testing/vectors.ts';
import { factoryRegisters } from './factory.ts';
import { RegisterBank } from './register-bank.ts';

const model = MODELS.pro2;

function benchOf(absentBlock: AbsentBlockAnswer): Bench {
  const registers = new RegisterBank({
    initial: factoryRegisters({ model, name: 'MIScooter0001', unit: 1 }),
    live: () => ({}),
    traits: { ...model, absentBlock },
  });
  const bench = new Bench({ token: PAIRING.token, registers });
  bench.app.logIn(PAIRING.token, LOGIN.appRandom);
  return bench;
}

const answer = (bench: Bench, device: Device, register: number, bytes: number): string | undefined =>
  bench.app.request(readRequest(device, register, bytes))?.message.data.toString('hex');

describe('a scooter is asked for a block that it does not have', () => {
  it.each([
    ['silence', undefined],
    ['zeros', '00000000'],
    ['refusal', ''],
  ] as const)('and answers with %s, as its model says', (absentBlock, expected) => {
    const bench = benchOf(absentBlock);
    for (const device of ['ble', 'esc', 'bms'] as const)
      expect(answer(bench, device, 0xf0, 4)).toBe(expected);
    expect(bench.eventTypes.includes('withheld')).toBe(absentBlock === 'silence');
    expect(answer(bench, 'esc', 0x10, 5)).toBe(Buffer.from('26354').toString('hex'));
  });
});

describe('a block that exists', () => {
  it.each([
    ['the last words of the live block', 'esc', 0xbc, 8],
    ['the unused slots of the cells', 'bms', 0x4a, 10],
    ['the zeros that complete a keystream', 'bms', 0x50, 32],
    ['what Mi Home polls', 'esc', 0x76, 2],
    ['a mirror', 'esc', 0x2f, 2],
  ] as const)('is answered by every scooter: %s', (_, device, register, bytes) => {
    expect(answer(benchOf('silence'), device, register, bytes)).toHaveLength(2 * bytes);
  });

  it('is answered the same by every scooter, wherever a read begins and ends', () => {
    const benches = (['silence', 'zeros', 'refusal'] as const).map(benchOf);
    const reads = fc.record({
      row: fc.constantFrom(...ROWS),
      before: fc.integer({ min: 0, max: 27 }),
      bytes: fc.integer({ min: 1, max: MAX_READ_BYTES }),
    });
    fc.assert(
      fc.property(reads, ({ row, before, bytes }) => {
        const first = Math.max(0, row.register - before);
        fc.pre(2 * (row.register - first) < bytes);
        const [silent, ...others] = benches.map((bench) => answer(bench, row.device, first, bytes));
        expect(silent).toHaveLength(2 * bytes);
        for (const other of others) expect(other).toBe(silent);
      }),
    );
  });
});
