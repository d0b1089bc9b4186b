import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlock } from '../../protocol/registers/codec.ts';
import { BLOCKS, type Block } from '../../protocol/registers/table.ts';
import { type Conditions, RIDE_STATES } from '../ride/conditions.ts';
import { MODELS } from '../models/models.ts';
import { Ride } from '../ride/ride.ts';
import type { RideState } from '../ride/ride-state.ts';
import { RegisterBank } from './register-bank.ts';
import { telemetry } from './telemetry.ts';

const ride = new Ride({ startOdometerM: 1_306_083.9 });

function readAll(state: RideState) {
  const bank = new RegisterBank({ initial: {}, live: () => telemetry(state) });
  const read = ({ device, register, bytes }: Block): Buffer => bank.read(device, register, bytes, 0);
  return {
    live: decodeBlock(BLOCKS.live, read(BLOCKS.live)),
    battery: decodeBlock(BLOCKS.battery, read(BLOCKS.battery)),
    cells: decodeBlock(BLOCKS.cells, read(BLOCKS.cells)),
    range: decodeBlock(BLOCKS.range, read(BLOCKS.range)),
  };
}

describe('the telemetry of a ride', () => {
  it('matches the ride at any moment, within the resolution of the registers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65_535_999 }), (elapsedMs) => {
        const state = ride.at(elapsedMs);
        const { live, battery, cells, range } = readAll(state);
        expect(live.speedKmh).toBeCloseTo(state.speedKmh, 2);
        expect(live.averageSpeedKmh).toBeCloseTo(state.averageSpeedKmh, 2);
        expect(live.odometerM).toBe(Math.floor(state.odometerM));
        expect(live.tripM).toBe(Math.floor(state.tripM / 10) * 10);
        expect(live.uptimeS).toBe(Math.floor(state.uptimeS));
        expect(live.batteryPercent).toBe(Math.floor(state.batteryPercent));
        expect(battery.chargePercent).toBe(Math.floor(state.batteryPercent));
        expect(Math.abs(live.frameTemperatureC - state.frameTemperatureC)).toBeLessThan(0.051);
        expect(Math.abs(range.remainingRangeKm - state.remainingRangeKm)).toBeLessThan(0.0051);
        expect(battery.remainingMah).toBe(Math.round(state.remainingMah));
        expect(Math.abs(battery.currentA - state.currentA)).toBeLessThan(0.0051);
        expect(Math.abs(battery.voltageV - state.voltageV)).toBeLessThan(0.0051);
        const temperatures = [battery.temperature1C, battery.temperature2C];
        expect(temperatures).toEqual(state.batteryTemperaturesC.map(Math.round));
        const sumV = Object.values(cells).reduce((sum, volts) => sum + volts);
        expect(Math.abs(sumV - state.voltageV)).toBeLessThan(0.0051);
        expect(cells.cell10V).toBeCloseTo(state.cellsV[9] ?? 0, 2);
      }),
    );
  });

  it('wraps the uptime to zero after 18 hours and 12 minutes', () => {
    const at = (seconds: number): number => readAll(ride.at(seconds * 1000)).live.uptimeS;
    expect([65_535, 65_535.9, 65_536, 65_537, 2 * 65_536 + 5].map(at)).toEqual([65_535, 65_535, 0, 1, 5]);
  });
});

describe('the registers of a scooter', () => {
  const bankOf = (ride: Ride, ms: number): RegisterBank =>
    new RegisterBank({ initial: {}, live: () => telemetry(ride.at(ms)) });
  const hex = (ride: Ride, ms: number, device: 'esc' | 'bms', register: number, bytes: number): string =>
    bankOf(ride, ms).read(device, register, bytes, 0).toString('hex');

  it('have the battery status of captures: 4300 at the charger, 0300 without', () => {
    const ride = new Ride({ startPercent: 70, start: RIDE_STATES.parked });
    expect(hex(ride, 1_000, 'bms', 0x30, 2)).toBe('0300');
    const charger = ride.override(2_000, { isCharging: true });
    expect(hex(ride, 3_000, 'bms', 0x30, 2)).toBe('4300');
    // -1.73 A
    expect(hex(ride, 3_000, 'bms', 0x33, 2)).toBe('53ff');
    expect(bankOf(ride, 3_000).read('bms', 0x1c, 2, 0).readUInt16LE()).toBe(10);
    charger.release(4_000);
    expect(hex(ride, 5_000, 'bms', 0x30, 2)).toBe('0300');
    expect(hex(ride, 5_000, 'bms', 0x33, 2)).toBe('0100');
  });

  it('have the status of the capture at rest, and a bit each for lock, alarm and speed limit', () => {
    const status = (start: Partial<Conditions>): string => hex(new Ride({ start }), 20_000, 'esc', 0xb2, 2);
    expect(status({})).toBe('0008');
    expect(status({ isSpeedLimited: true })).toBe('0108');
    expect(status({ isLocked: true })).toBe('0208');
    expect(status({ isLocked: true, activity: 'pushed' })).toBe('0608');
  });

  it('have error, warning and mode in the live block and in their own registers', () => {
    const ride = new Ride({ start: { error: 15, warning: 12, mode: 2 } });
    expect(hex(ride, 0, 'esc', 0xb0, 8)).toBe('0f000c0000080200');
    expect(hex(ride, 0, 'esc', 0x1b, 4)).toBe('0f000c00');
    expect(hex(ride, 0, 'esc', 0x1f, 2)).toBe('0200');
  });

  it('have a percentage that is cut off: 6705 of 7800 mAh are 85 percent', () => {
    const model = { ...MODELS.m365, fullCapacityMah: 7800 };
    const ride = new Ride({ model, startPercent: (6705 / 7800) * 100, start: RIDE_STATES.parked });
    expect(hex(ride, 0, 'bms', 0x31, 4)).toBe('311a5500');
    const whole = fc.integer({ min: 0, max: 100 });
    fc.assert(
      fc.property(whole, fc.constantFrom(...Object.values(MODELS)), (startPercent, each) => {
        const { batteryPercent } = telemetry(new Ride({ model: each, startPercent }).at(0)).esc ?? {};
        expect(batteryPercent).toBe(startPercent);
      }),
    );
  });

  it('wrap around: the odometer after 2³² m, the trip after 65,536 steps, the riding time after 18 h', () => {
    const odometer = new Ride({ startOdometerM: 2 ** 32 - 10 });
    expect(bankOf(odometer, 0).read('esc', 0xb7, 4, 0).readUInt32LE()).toBe(2 ** 32 - 10);
    expect(bankOf(odometer, 60_000).read('esc', 0xb7, 4, 0).readUInt32LE()).toBeLessThan(1_000);
    const state = { ...new Ride().at(0), tripM: 655_360 + 70, ridingS: 65_536 + 9 };
    const bank = new RegisterBank({ initial: {}, live: () => telemetry(state) });
    expect(bank.read('esc', 0xb9, 2, 0).readUInt16LE()).toBe(7);
    expect(bank.read('esc', 0x3b, 2, 0).readUInt16LE()).toBe(9);
  });

  it('count the whole run and riding time, and remember the greatest voltage and currents', () => {
    const ride = new Ride({ startOdometerM: 9_000 });
    const { esc, bms } = telemetry(ride.at(600_000));
    expect(esc?.totalRunTimeS).toBe(2_600);
    expect(esc?.totalRideTimeS).toBeGreaterThan(2_400);
    expect(esc?.totalRideTimeS).toBeLessThan(2_600);
    expect(bms?.highestVoltageV).toBeGreaterThan(40);
    expect(bms?.highestDischargeCurrentA).toBeGreaterThan(15);
    expect(bms?.highestChargeCurrentA).toBeGreaterThan(2);
  });
});
