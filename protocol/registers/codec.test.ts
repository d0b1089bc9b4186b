import { describe, expect, it } from 'vitest';
import vectors from '../../fixtures/protocol/registers.json' with { type: 'json' };
import { decodeBlock, decodeRegister, encodeRegister, limitsOf, blockReadRequest } from './codec.ts';
import { SCOOTER_STATUS, hasFlag } from './codes.ts';
import { BLOCKS, REGISTERS } from './table.ts';

const { ble, esc, bms } = REGISTERS;

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const captured = (register: string): Buffer => {
  const vector = vectors.find(({ reg }) => reg === register);
  if (!vector) throw new Error(`no vector of register ${register}`);
  return hex(vector.data);
};
const failsWith = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });

describe('a register value', () => {
  it('in the live block captured from a Pro 2 at standstill is decoded', () => {
    const live = decodeBlock(BLOCKS.live, captured('b0'));
    expect(live).toEqual({
      error: 0,
      warning: 0,
      status: 0x0800,
      mode: 0,
      batteryPercent: 64,
      speedKmh: 0,
      averageSpeedKmh: 0,
      odometerM: 1_306_083,
      tripM: 0,
      uptimeS: 88,
      frameTemperatureC: 25,
    });
    expect(hasFlag(live.status, SCOOTER_STATUS.locked)).toBe(false);
  });

  it('of range, cells and production date is decoded', () => {
    expect(decodeBlock(BLOCKS.range, captured('25'))).toEqual({ remainingRangeKm: 26.1 });
    expect(Object.values(decodeBlock(BLOCKS.cells, captured('40')))).toEqual([
      3.82, 3.822, 3.823, 3.825, 3.819, 3.846, 3.847, 3.85, 3.847, 3.849,
    ]);
    expect(decodeRegister(bms.productionDate, captured('20'))).toBe('2017-05-02');
  });

  it('of the battery is in mAh, 10 mV, 10 mA, and degrees above -20', () => {
    expect(decodeBlock(BLOCKS.battery, hex('f91c3f0001005c0e2d2e'))).toEqual({
      remainingMah: 7417,
      chargePercent: 63,
      currentA: 0.01,
      voltageV: 36.76,
      temperature1C: 25,
      temperature2C: 26,
    });
  });

  it('of the identity block is decoded: serial number, PIN and firmware version', () => {
    const bytes = Buffer.concat([Buffer.from('26354/00467353123456'), hex('3401')]);
    expect(decodeBlock(BLOCKS.escIdentity, bytes)).toEqual({
      serialNumber: '26354/00467353',
      pin: '123456',
      firmwareVersion: '1.3.4',
    });
    expect(decodeBlock(BLOCKS.name, Buffer.from('MIScooter5219'))).toEqual({ name: 'MIScooter5219' });
    expect(decodeRegister(esc.bleVersion, hex('7100'))).toBe('0.7.1');
  });

  it('of the current is negative while charging', () => {
    expect(decodeRegister(bms.currentA, hex('38ff'))).toBe(-2);
  });

  it('of a temperature may be negative', () => {
    expect(decodeRegister(bms.temperature1C, Buffer.of(5))).toBe(-15);
    expect(decodeRegister(esc.frameTemperatureC, hex('9cff'))).toBe(-10);
  });

  it('of a speed above 32.767 km/h stays positive, and is negative down to -10 km/h', () => {
    const speedOf = (raw: number): number => {
      const bytes = Buffer.alloc(2);
      bytes.writeUInt16LE(raw & 0xffff);
      return decodeRegister(esc.speedKmh, bytes);
    };
    expect(speedOf(32_768)).toBe(32.768);
    expect(speedOf(55_535)).toBe(55.535);
    expect(speedOf(-10_000)).toBe(-10);
    expect(speedOf(-1)).toBe(-0.001);
  });

  it('of an uptime of more than nine hours stays positive', () => {
    expect(decodeRegister(esc.uptimeS, hex('ffff'))).toBe(65_535);
  });

  it('of a trip has the resolution of the model, 10 m by default', () => {
    expect(decodeRegister(esc.tripM, hex('7b00'))).toBe(1230);
    expect(decodeRegister(esc.tripM, hex('7b00'), { tripUnitM: 1 })).toBe(123);
    expect(encodeRegister(esc.tripM, 1234)).toEqual(hex('7b00'));
    expect(encodeRegister(esc.tripM, 1234, { tripUnitM: 1 })).toEqual(hex('d204'));
    expect(decodeBlock(BLOCKS.live, Buffer.alloc(32, 1), { tripUnitM: 1 }).tripM).toBe(0x0101);
  });
});

describe('a register', () => {
  it('cannot be decoded from another number of bytes', () => {
    expect(() => decodeRegister(esc.odometerM, Buffer.alloc(2))).toThrow(failsWith('length'));
    expect(() => decodeBlock(BLOCKS.live, Buffer.alloc(30))).toThrow(failsWith('length'));
  });

  it('cannot be set to a number outside its limits', () => {
    for (const percent of [-1, 101, NaN, Infinity]) {
      expect(() => encodeRegister(esc.batteryPercent, percent)).toThrow(failsWith('range'));
    }
    expect(() => encodeRegister(esc.kers, 3)).toThrow(failsWith('range'));
    expect(() => encodeRegister(esc.lock, 0)).toThrow(failsWith('range'));
    expect(() => encodeRegister(esc.speedKmh, -10.001)).toThrow(failsWith('range'));
    expect(limitsOf(esc.speedKmh)).toEqual({ min: -10, max: 55.535, step: 0.001 });
    expect(limitsOf(bms.temperature1C)).toEqual({ min: -20, max: 235, step: 1 });
    expect(limitsOf(esc.tripM)).toEqual({ min: 0, max: 655_350, step: 10 });
  });

  it('cannot be set to a text that is too long or has the wrong format', () => {
    for (const [row, text] of [
      [esc.pin, '1234567'],
      [ble.name, 'MIScooterñ'],
      [ble.name, 'tab\there'],
      [esc.firmwareVersion, '1.3'],
      [esc.firmwareVersion, '1.16.0'],
      [esc.firmwareVersion, '256.0.0'],
      [bms.productionDate, '1999-12-31'],
      [bms.productionDate, '2128-01-01'],
      [bms.productionDate, '2017-13-01'],
      [bms.productionDate, '2017-01-32'],
      [bms.productionDate, '2017-00-00'],
      [bms.productionDate, 'yesterday'],
      [esc.mcuId, '00'],
      [esc.mcuId, 'not hexadecimal at all!!'],
    ] as const) {
      expect(() => encodeRegister(row, text), text).toThrow(failsWith('range'));
    }
  });

  it('pads a short text, and decodes it without the padding', () => {
    const bytes = encodeRegister(esc.pin, '12');
    expect(bytes).toEqual(hex('313200000000'));
    expect(decodeRegister(esc.pin, bytes)).toBe('12');
    expect(decodeRegister(esc.pin, hex('313200393939')), 'rest of a longer text').toBe('12');
  });
});

describe('blockReadRequest', () => {
  it('is the same for the live block as in every known client', () => {
    expect(blockReadRequest(BLOCKS.live)).toEqual({
      address: 0x20,
      command: 1,
      register: 0xb0,
      data: Buffer.of(32),
    });
  });
});
