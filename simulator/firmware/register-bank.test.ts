import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import registerVectors from '../../fixtures/protocol/registers.json' with { type: 'json' };
import { decodeBlock, decodeRegister, encodeRegister, limitsOf } from '../../protocol/registers/codec.ts';
import { KERS, TAIL_LIGHT } from '../../protocol/registers/codes.ts';
import type { NumberRow, Row } from '../../protocol/registers/row.ts';
import { BLOCKS, REGISTERS } from '../../protocol/registers/table.ts';
import { MODELS } from '../models/models.ts';
import { factoryRegisters } from './factory.ts';
import { RegisterBank, type RegisterValues } from './register-bank.ts';

const { esc, ble } = REGISTERS;
const NOW_MS = 1000;

const bankOf = (initial: RegisterValues, live: RegisterValues = {}): RegisterBank =>
  new RegisterBank({ initial, live: () => live });

function valueOf(bank: RegisterBank, row: NumberRow): number {
  const words = bank.read(row.device, row.register, row.byteOffset + row.bytes, NOW_MS);
  return decodeRegister(row, words.subarray(row.byteOffset));
}

/** Everything that an app can read of the motor controller. */
const memoryOf = (bank: RegisterBank): Buffer =>
  Buffer.concat(Array.from({ length: 0x100 }, (_, register) => bank.read('esc', register, 2, NOW_MS)));

const word = (value: number): Buffer => Buffer.of(value & 0xff, value >> 8);

describe('the registers', () => {
  it('encode to the live block captured from a Pro 2', () => {
    const captured = registerVectors.find(({ reg }) => reg === 'b0');
    const bank = bankOf({
      esc: { status: 0x0800, batteryPercent: 64, odometerM: 1_306_083, uptimeS: 88, frameTemperatureC: 25 },
    });
    expect(bank.read('esc', 0xb0, 32, NOW_MS).toString('hex')).toBe(captured?.data);
  });

  it('store every number of the table, rounded to the nearest step', () => {
    const numbers = Object.entries(REGISTERS).flatMap(([device, rows]) =>
      Object.entries<Row>(rows).flatMap(([key, row]) =>
        row.kind === 'number' ? [{ device, key, row }] : [],
      ),
    );
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        for (const { device, key, row } of numbers) {
          const { min, max, step } = limitsOf(row);
          const value = min + share * (max - min);
          const read = valueOf(bankOf({ [device]: { [key]: value } }), row);
          expect(Math.abs(read - value), key).toBeLessThanOrEqual(step * 0.5001);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('repeat a value in its mirrors', () => {
    const bank = bankOf({ esc: { batteryPercent: 47, odometerM: 123_456 } });
    expect(bank.read('esc', 0x22, 2, NOW_MS)).toEqual(word(47));
    expect(bank.read('esc', 0x29, 4, NOW_MS)).toEqual(bank.read('esc', 0xb7, 4, NOW_MS));
  });

  it('contain the measured values at every read, in every part of a block', () => {
    let speedKmh = 3;
    const bank = new RegisterBank({ initial: {}, live: (nowMs) => ({ esc: { speedKmh, uptimeS: nowMs } }) });
    expect(decodeBlock(BLOCKS.live, bank.read('esc', 0xb0, 32, 7))).toMatchObject({
      speedKmh: 3,
      uptimeS: 7,
    });
    speedKmh = -1.5;
    expect(decodeBlock(BLOCKS.live, bank.read('esc', 0xb0, 32, 8))).toMatchObject({
      speedKmh: -1.5,
      uptimeS: 8,
    });
    expect(valueOf(bank, esc.speedKmh)).toBe(-1.5);
  });

  it('can be read in part, by an odd number of bytes', () => {
    const bank = bankOf({ esc: { odometerM: 0x01020304 } });
    expect(bank.read('esc', 0xb8, 3, NOW_MS)).toEqual(Buffer.of(0x02, 0x01, 0x00));
  });

  it('are zero if they are unknown, and beyond the last one', () => {
    const bank = bankOf(factoryRegisters({ model: MODELS.pro2, name: 'MIScooter0001', unit: 1 }));
    expect(bank.read('esc', 0xbc, 8, NOW_MS)).toEqual(Buffer.alloc(8));
    expect(bank.read('bms', 0xff, 56, NOW_MS)).toEqual(Buffer.alloc(56));
  });

  it('clamp measurements that are out of range', () => {
    const bank = bankOf({}, { esc: { speedKmh: 1000, batteryPercent: -3 } });
    expect(valueOf(bank, esc.speedKmh)).toBe(limitsOf(esc.speedKmh).max);
    expect(valueOf(bank, esc.batteryPercent)).toBe(0);
  });

  it('are not changed through the buffer of a read', () => {
    const bank = bankOf({ ble: { name: 'MIScooter0001' } });
    bank.read('ble', 0, 13, NOW_MS).fill(0);
    expect(decodeRegister(ble.name, bank.read('ble', 0, 13, NOW_MS))).toBe('MIScooter0001');
  });
});

describe('a write to the registers', () => {
  const bank = (): RegisterBank =>
    bankOf(factoryRegisters({ model: MODELS.pro2, name: 'MIScooter0001', unit: 1 }));

  it('changes no other register: what follows from a command, such as the lock in the status, is up to the ride', () => {
    for (const row of Object.values<Row>(esc)) {
      if (row.kind !== 'number' || row.access === 'read') continue;
      const scooter = bank();
      const start = 2 * row.register;
      const before = memoryOf(scooter);
      expect(scooter.write('esc', row.register, encodeRegister(row, 1)), row.title).toBeDefined();
      const after = memoryOf(scooter);
      before.copy(after, start, start, start + row.bytes);
      expect(after.equals(before), row.title).toBe(true);
    }
  });

  it.each([
    [esc.tailLight, TAIL_LIGHT.alwaysOn],
    [esc.kers, KERS.strong],
    [esc.cruise, 1],
  ])('changes the setting $title', (row, value) => {
    const scooter = bank();
    expect(valueOf(scooter, row)).toBe(0);
    expect(scooter.write('esc', row.register, encodeRegister(row, value))).toBeDefined();
    expect(valueOf(scooter, row)).toBe(value);
  });

  it('changes a text', () => {
    const scooter = bank();
    expect(scooter.write('esc', 0x17, Buffer.from('123456'))).toBeDefined();
    expect(decodeRegister(esc.pin, scooter.read('esc', 0x17, 6, NOW_MS))).toBe('123456');
  });

  it.each([
    ['a measurement', 'esc', 0xb5, word(1)],
    ['an invalid value of a setting', 'esc', 0x7d, word(3)],
    ['a lock command other than 1', 'esc', 0x70, word(2)],
    ['too few bytes', 'esc', 0x7d, Buffer.of(1)],
    ['too many bytes', 'esc', 0x7d, Buffer.of(1, 0, 0, 0)],
    ['an unknown register', 'esc', 0xc0, word(1)],
    ['the battery', 'bms', 0x31, word(1)],
  ] as const)('is refused for %s', (_, device, register, data) => {
    const scooter = bank();
    const before = scooter.read(device, register, 4, NOW_MS);
    expect(scooter.write(device, register, data)).toBeUndefined();
    expect(scooter.read(device, register, 4, NOW_MS)).toEqual(before);
  });

  it('changes no other register', () => {
    const dump = (scooter: RegisterBank): string =>
      Array.from({ length: 0x100 }, (_, register) =>
        scooter.read('esc', register, 2, NOW_MS).toString('hex'),
      ).join(' ');
    const scooter = bank();
    const before = dump(scooter).split(' ');
    scooter.write('esc', 0x7d, word(1));
    const changed = dump(scooter)
      .split(' ')
      .flatMap((value, register) => (value === before[register] ? [] : [register]));
    expect(changed).toEqual([0x7d]);
  });
});
