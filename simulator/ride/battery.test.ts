import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Battery, RESERVE_PERCENT, currentA } from './battery.ts';
import { MODELS } from '../models/models.ts';
import { Motion, TOWN_PROFILE } from './motion.ts';

const motion = new Motion(TOWN_PROFILE);
const full = new Battery(MODELS.pro2, motion, 100);
const ridingTimeS = fc.nat(Math.floor(full.durationS * 1000)).map((ms) => ms / 1000);

describe('a battery while riding', () => {
  it('supplies current for cruising, accelerating and standing, and is charged by braking', () => {
    const amperes = (fromKmh: number, toKmh: number) => currentA({ seconds: 7, fromKmh, toKmh });
    expect(amperes(24, 24)).toBeGreaterThan(4);
    expect(amperes(0, 24)).toBeGreaterThan(amperes(24, 24));
    expect(amperes(0, 0)).toBeGreaterThan(0);
    expect(amperes(0, 0)).toBeLessThan(0.5);
    expect(amperes(24, 0)).toBeLessThan(-1);
    expect(amperes(-0.4, 0)).toBe(amperes(0, 0));
  });

  it('loses the charge that its current adds up to', () => {
    fc.assert(
      fc.property(ridingTimeS, fc.integer({ min: 1, max: 400 }), (startS, durationS) => {
        const endS = Math.min(startS + durationS, full.durationS);
        const steps = 8000;
        let usedMah = 0;
        for (let i = 0; i < steps; i++) {
          const { currentA } = full.at(startS + ((i + 0.5) * (endS - startS)) / steps);
          usedMah += (currentA * (endS - startS)) / steps / 3.6;
        }
        const lostMah = full.at(startS).remainingMah - full.at(endS).remainingMah;
        // Numerical integration is inaccurate at jumps of the current.
        expect(Math.abs(lostMah - usedMah)).toBeLessThan(1.5);
      }),
      { numRuns: 25 },
    );
  });

  it('has the voltage of its ten cells, each within 3 to 4.2 V', () => {
    fc.assert(
      fc.property(ridingTimeS, (s) => {
        const { cellsV, voltageV } = full.at(s);
        expect(cellsV).toHaveLength(10);
        expect(voltageV).toBeCloseTo(
          cellsV.reduce((sum, volts) => sum + volts),
          9,
        );
        expect(Math.min(...cellsV)).toBeGreaterThan(3);
        expect(Math.max(...cellsV)).toBeLessThan(4.2);
      }),
    );
  });

  it('has a lower voltage under load than at rest', () => {
    const resting = full.at(4.99);
    const speedingUp = full.at(5.01);
    expect(resting.remainingMah - speedingUp.remainingMah).toBeLessThan(0.1);
    expect(resting.voltageV - speedingUp.voltageV).toBeGreaterThan(1);
  });

  it('has the voltage of a capture from a Pro 2 at rest: 36.76 V at 63 percent', () => {
    const battery = new Battery(MODELS.pro2, motion, 63);
    expect(battery.at(0).voltageV).toBeCloseTo(36.76, 1);
    expect(battery.at(0).remainingMah).toBeCloseTo(7417, -1);
  });
});

describe('the reserve', () => {
  it.each(Object.keys(MODELS) as (keyof typeof MODELS)[])('of a %s is reached once and remains', (id) => {
    fc.assert(
      fc.property(fc.integer({ min: 10_001, max: 100_000 }), (thousandths) => {
        const battery = new Battery(MODELS[id], motion, thousandths / 1000);
        expect(battery.at(battery.durationS).percent).toBeCloseTo(RESERVE_PERCENT, 6);
        expect(battery.at(battery.durationS + 1e6)).toEqual(battery.at(battery.durationS + 1));
        expect(battery.at(battery.durationS + 1).currentA).toBe(0);
      }),
    );
  });

  it('is the minimum of the charge', () => {
    fc.assert(
      fc.property(ridingTimeS, (s) => {
        expect(full.at(s).percent).toBeGreaterThanOrEqual(RESERVE_PERCENT - 1e-6);
      }),
    );
  });

  it.each([0, 5, 10])('is reached immediately with %d percent at the start', (percent) => {
    const battery = new Battery(MODELS.m365, motion, percent);
    expect(battery.durationS).toBe(0);
    expect(battery.at(3600).percent).toBeCloseTo(percent, 9);
  });

  it.each([-1, 101, NaN])('refuses %d percent', (percent) => {
    expect(() => new Battery(MODELS.m365, motion, percent)).toThrow(RangeError);
  });
});
