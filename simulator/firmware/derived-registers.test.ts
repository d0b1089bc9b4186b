import { describe, expect, it } from 'vitest';
import { readRequest } from '../../protocol/message.ts';
import { decodeRegister } from '../../protocol/registers/codec.ts';
import type { NumberRow, Row } from '../../protocol/registers/row.ts';
import { REGISTERS, ROWS } from '../../protocol/registers/table.ts';
import { Bench } from '../testing/bench.ts';
import { Ride } from '../ride/ride.ts';
import { DERIVED_REGISTERS } from './derived-registers.ts';
import { factoryRegisters } from './factory.ts';
import { RegisterBank, type RegisterValues } from './register-bank.ts';
import { telemetry } from './telemetry.ts';
import { LOGIN, PAIRING } from '../testing/vectors.ts';

const { esc, bms } = REGISTERS;
const ride = new Ride();
const riding = ride.at(600_000);

/** Registers of a scooter that has ridden for ten minutes. */
function ridden(): RegisterBank {
  return new RegisterBank({
    initial: factoryRegisters({ model: ride.model, name: 'MIScooter0001', unit: 1 }),
    live: () => telemetry(riding),
  });
}

function valueOf(bank: RegisterBank, row: NumberRow): number {
  const words = bank.read(row.device, row.register, row.byteOffset + row.bytes, 0);
  return decodeRegister(row, words.subarray(row.byteOffset));
}

/** What may be zero in a scooter that rides without errors, unlocked, without its own limits and a second battery. */
const ZERO: readonly Row[] = [
  ...[esc.error, esc.warning, esc.mode, esc.modeSetting, esc.kers, esc.cruise, esc.tailLight],
  ...[esc.lock, esc.unlock, esc.reboot, esc.powerOff, esc.speedLimit, esc.externalBmsVersion],
  esc.polledByMiHome,
  ...[bms.error1, bms.error2, bms.error3, bms.balancing],
  // Not simulated yet.
  ...[esc.totalRunTimeS, esc.totalRideTimeS],
  ...[bms.highestVoltageV, bms.highestDischargeCurrentA, bms.highestChargeCurrentA],
];

describe('every register of the table', () => {
  const always = ROWS.filter((row) => !ZERO.includes(row)).map((row) => ({ row, ...row }));

  it.each(always)('has a value while riding: $device $title', ({ row }) => {
    const bank = ridden();
    const bytes = bank.read(row.device, row.register, row.byteOffset + row.bytes, 0).subarray(row.byteOffset);
    expect(bytes.every((byte) => byte === 0)).toBe(false);
  });

  it('has the same value in its mirrors', () => {
    const bank = ridden();
    for (const { device, register, mirrors, bytes } of ROWS) {
      for (const mirror of mirrors)
        expect(bank.read(device, mirror, bytes, 0)).toEqual(bank.read(device, register, bytes, 0));
    }
  });

  it('is answered to an app, alone and with its neighbours', () => {
    const bench = new Bench({ token: PAIRING.token, registers: ridden() });
    bench.app.logIn(PAIRING.token, LOGIN.appRandom);
    for (const { device, register, byteOffset, bytes } of ROWS) {
      const alone = bench.app.request(readRequest(device, register, byteOffset + bytes))?.message.data;
      const together = bench.app.request(readRequest(device, register, 56))?.message.data;
      expect(alone).toEqual(together?.subarray(0, byteOffset + bytes));
    }
  });
});

describe('a register that follows from another one', () => {
  const bankOf = (live: RegisterValues): RegisterBank => new RegisterBank({ initial: {}, live: () => live });
  const charging = { currentA: -1.5, cell1V: 4.15, cell2V: 4.149, cell3V: 4.16, cell4V: 4.14 };
  const rest = Object.fromEntries([5, 6, 7, 8, 9, 10].map((cell) => [`cell${cell}V`, 4.14]));

  it('shows the cells that are balanced while charging, and none otherwise', () => {
    expect(valueOf(bankOf({ bms: { ...rest, ...charging } }), bms.balancing)).toBe(0b0111);
    expect(valueOf(bankOf({ bms: { ...rest, ...charging, currentA: 1 } }), bms.balancing)).toBe(0);
  });

  it('shows the average speed of the live block in tenths of km/h as well', () => {
    expect(bankOf({ esc: { averageSpeedKmh: 17.34 } }).read('esc', 0x65, 2, 0)).toEqual(Buffer.of(173, 0));
  });

  it('has its own value, if there is one', () => {
    expect(valueOf(bankOf({ esc: { currentA: 7 }, bms: { currentA: 3 } }), esc.currentA)).toBe(7);
    expect(valueOf(bankOf({ bms: { currentA: 3 } }), esc.currentA)).toBe(3);
  });
});

describe('a value', () => {
  it.each(['ble', 'esc', 'bms'] as const)('of the device %s comes from one place', (device) => {
    const factory = factoryRegisters({ model: ride.model, name: 'MIScooter0001', unit: 1 });
    const places = [factory, telemetry(riding), DERIVED_REGISTERS].map((place) =>
      Object.keys(place[device] ?? {}),
    );
    const keys = places.flat();
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });
});
