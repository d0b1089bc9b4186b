import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cellVoltages,
  chargingShare,
  currentForPower,
  offsetsOf,
  PACK_RESISTANCE_OHM,
  restingPackV,
} from './battery.ts';
import { MODELS } from '../models/models.ts';

const anyCharge = fc.double({ min: 0, max: 1, noNaN: true });
const anyCurrentA = fc.double({ min: -20, max: 35, noNaN: true });
const chargingOffsetsV = offsetsOf(MODELS.pro2.chargingCellsV);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value);

describe('a battery', () => {
  it('has ten cells, each within 2.4 to 4.5 V, whose voltages add up to that of the pack', () => {
    fc.assert(
      fc.property(anyCharge, anyCurrentA, (charge, currentA) => {
        const restingV = restingPackV(charge);
        for (const offsetsV of [undefined, chargingOffsetsV]) {
          const cells = cellVoltages(restingV, currentA, offsetsV);
          expect(cells).toHaveLength(10);
          expect(sum(cells)).toBeCloseTo(restingV - currentA * PACK_RESISTANCE_OHM, 6);
          expect(Math.min(...cells)).toBeGreaterThan(2.4);
          expect(Math.max(...cells)).toBeLessThan(4.5);
        }
      }),
    );
  });

  it('supplies the power that is drawn, at a voltage that falls with the current', () => {
    fc.assert(
      fc.property(anyCharge, fc.double({ min: -400, max: 1000, noNaN: true }), (charge, powerW) => {
        const restingV = restingPackV(charge);
        const currentA = currentForPower(powerW, restingV);
        expect((restingV - currentA * PACK_RESISTANCE_OHM) * currentA).toBeCloseTo(powerW, 6);
        expect(currentA * powerW).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('supplies no more than it can', () => {
    const currentA = currentForPower(1e6, 36);
    expect(currentA).toBeCloseTo(36 / PACK_RESISTANCE_OHM / 2, 9);
  });

  it('has the voltage of a capture from a Pro 2 at rest: 36.76 V at 63 percent', () => {
    expect(restingPackV(0.63)).toBeCloseTo(36.76, 9);
  });

  it('has a voltage that never falls when it is charged', () => {
    fc.assert(
      fc.property(anyCharge, anyCharge, (a, b) => {
        expect(restingPackV(Math.max(a, b))).toBeGreaterThanOrEqual(restingPackV(Math.min(a, b)));
      }),
    );
  });
});

describe('a battery at the charger', () => {
  it('has the cells of a capture: two groups, 31 mV apart', () => {
    const restingV = 38.348 - 1.73 * PACK_RESISTANCE_OHM;
    const cellsV = cellVoltages(restingV, -1.73, chargingOffsetsV);
    const millivolts = cellsV.map((volts) => Math.round(volts * 1000));
    expect(millivolts).toEqual([3820, 3822, 3823, 3825, 3819, 3846, 3847, 3850, 3847, 3849]);
  });

  it('gets the whole current until it is nearly full, then less, and finally nothing', () => {
    expect([0, 0.5, 0.9].map(chargingShare)).toEqual([1, 1, 1]);
    expect(chargingShare(0.98)).toBeLessThan(0.5);
    expect(chargingShare(0.9999)).toBeGreaterThan(0);
    expect(chargingShare(1)).toBe(0);
  });
});
