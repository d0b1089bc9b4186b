import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlock } from '../../protocol/registers/codec.ts';
import { BLOCKS, type Block } from '../../protocol/registers/table.ts';
import { Ride, type RideState } from '../ride/ride.ts';
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
        expect(live.batteryPercent).toBe(Math.round(state.batteryPercent));
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
