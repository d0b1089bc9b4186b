import { describe, expect, it } from 'vitest';
import type { Device } from '../../protocol/message.ts';
import type { ScooterModel } from '../models/model.ts';
import { MODELS } from '../models/models.ts';
import { factoryRegisters } from './factory.ts';
import { RIDE_STATES } from '../ride/conditions.ts';
import { Ride } from '../ride/ride.ts';
import { RegisterBank } from './register-bank.ts';
import { telemetry } from './telemetry.ts';

const VARIANTS = Object.entries(MODELS).flatMap(([id, { generations }]) =>
  Object.values(generations).map((model): [string, ScooterModel] => [`${id}, ${model.generation}`, model]),
);

/** Registers of a scooter that stands and has not been ridden yet. */
function newScooter(model: ScooterModel, identity: { name: string; unit: number }): RegisterBank {
  const ride = new Ride({ model, start: RIDE_STATES.parked });
  return new RegisterBank({
    initial: factoryRegisters({ model, ...identity }),
    live: () => telemetry(ride.at(0), model),
    traits: model,
  });
}

/** A version as registers have it: 1.3.4 is 0x0134. */
const word = (version: string): number => Number.parseInt(version.replaceAll('.', ''), 16);

describe.each(VARIANTS)('the initial registers of a scooter (%s)', (_, model) => {
  const bank = newScooter(model, { name: 'MIScooter4711', unit: 16_777_215 });
  // Addresses are written down here, not taken from the register table.
  const ascii = (device: Device, register: number, bytes: number): string =>
    bank.read(device, register, bytes, 0).toString('latin1');
  const u16 = (device: Device, register: number): number => bank.read(device, register, 2, 0).readUInt16LE();

  it('identify controller, dashboard and battery', () => {
    expect(ascii('ble', 0x00, 13)).toBe('MIScooter4711');
    expect(ascii('esc', 0x10, 14)).toBe(`${model.serialPrefix}/16777215`);
    expect(ascii('esc', 0x17, 6)).toBe(model.pin);
    expect(ascii('bms', 0x10, 14)).toBe(`${model.batterySerialPrefix}16777215`);
    expect(u16('esc', 0x1a)).toBe(word(model.firmware.esc));
    expect(u16('esc', 0x67)).toBe(word(model.firmware.bms));
    expect(u16('esc', 0x68)).toBe(word(model.firmware.ble));
    expect(u16('bms', 0x17)).toBe(word(model.firmware.bms));
  });

  it('describe the battery', () => {
    expect(u16('bms', 0x18)).toBe(model.designCapacityMah);
    expect(u16('bms', 0x19)).toBe(model.fullCapacityMah);
    expect(u16('bms', 0x1a)).toBe(36_000);
    expect(u16('bms', 0x1b)).toBe(model.cycles);
    expect(u16('bms', 0x1c)).toBe(model.charges);
    expect(u16('bms', 0x30)).toBe(0x0003);
    expect(u16('bms', 0x3b)).toBe(Math.floor(model.healthPercent));
    const date = u16('bms', 0x20);
    const [year, month, day] = model.productionDate.split('-').map(Number);
    expect([2000 + (date >> 9), (date >> 5) & 15, date & 31]).toEqual([year, month, day]);
  });

  it('are those of an unlocked scooter with its settings switched off', () => {
    expect(u16('esc', 0xb2)).toBe(model.restingStatus);
    expect(u16('esc', 0x1d)).toBe(model.restingStatus);
    expect(u16('esc', 0x73)).toBe(model.speedLimits.normalKmh * 1000);
    expect(u16('esc', 0x74)).toBe(model.speedLimits.ecoKmh * 1000);
    expect([0x7b, 0x7c, 0x7d].map((register) => u16('esc', register))).toEqual([0, 0, 0]);
  });
});

it('an M365 answers as the captured one did', () => {
  const bank = newScooter(MODELS.m365, { name: 'MIScooter0001', unit: 1 });
  const hex = (device: Device, register: number, bytes: number): string =>
    bank.read(device, register, bytes, 0).toString('hex');
  expect(hex('esc', 0x1a, 2)).toBe('3401');
  expect(hex('esc', 0x1d, 2)).toBe('0000');
  expect(hex('esc', 0xb0, 8)).toBe('0000000000000000');
  expect(hex('esc', 0x73, 4)).toBe('204e1027');
  expect(hex('bms', 0x17, 4)).toBe('1501781e');
  expect(hex('bms', 0x1b, 4)).toBe('01000300');
  expect(hex('bms', 0x20, 2)).toBe('a222');
  expect(hex('bms', 0x3b, 2)).toBe('6200');
});
