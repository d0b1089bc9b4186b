import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { restingPackV } from './battery.ts';
import { ACTIVITIES, type Conditions } from './conditions.ts';
import { MODELS, type ModelId } from '../models/models.ts';
import { Ride } from './ride.ts';
import type { RideState } from './ride-state.ts';

const DAY_S = 86_400;
/** Interval at which a day is observed; odd, so that it meets every part of the ride. */
const OBSERVED_EVERY_S = 7.3;
const RIDER_KG = 80;
/** Values of textbooks, for the work that the test calculates itself. */
const MASS_KG = RIDER_KG + MODELS.pro2.massKg;
const GRAVITY_MPS2 = 9.80665;

/** An input at a random time: a change that lasts, a temporary one, or a restart. */
interface RandomInput {
  readonly atS: number;
  readonly forS: number;
  readonly kind: 'change' | 'override' | 'powerOn';
  readonly change: Partial<Conditions>;
}

const anyChange: fc.Arbitrary<Partial<Conditions>> = fc.oneof(
  fc.constantFrom(...ACTIVITIES).map((activity) => ({ activity })),
  fc.boolean().map((isCharging) => ({ isCharging })),
  fc.boolean().map((isLocked) => ({ isLocked })),
  fc.constantFrom(0, 0, 0, 15, 39).map((error) => ({ error })),
  fc.constantFrom(0, 1, 2).map((mode) => ({ mode })),
  fc.constantFrom(0, 1, 2).map((kers) => ({ kers })),
  fc.boolean().map((hasCruise) => ({ hasCruise })),
  fc.constantFrom(0, 1, 2).map((tailLight) => ({ tailLight })),
  fc
    .constantFrom(6, 12, 18)
    .map((limitNormalKmh) => ({ isSpeedLimited: limitNormalKmh < 18, limitNormalKmh })),
);
const anyInput: fc.Arbitrary<RandomInput> = fc.record({
  atS: fc.integer({ min: 0, max: DAY_S * 1000 }).map((ms) => ms / 1000),
  forS: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 4 * 3600 })),
  kind: fc.constantFrom('change', 'override', 'override', 'powerOn'),
  change: anyChange,
});
const anyDay = fc.record({
  model: fc.constantFrom(...(Object.keys(MODELS) as ModelId[])),
  startPercent: fc.integer({ min: 0, max: 100 }),
  inputs: fc.array(anyInput, { minLength: 10, maxLength: 150 }),
});

/** Rides a day with the given inputs. */
function rideDay({
  model,
  startPercent,
  inputs,
}: typeof anyDay extends fc.Arbitrary<infer T> ? T : never): Ride {
  const ride = new Ride({ model: MODELS[model], startPercent, riderKg: RIDER_KG });
  const acts: { atS: number; act: () => void }[] = [];
  for (const { atS, forS, kind, change } of inputs) {
    const begin = (): void => {
      if (kind === 'change') ride.change(atS * 1000, change);
      else if (kind === 'powerOn') ride.powerOn(atS * 1000);
      else {
        const override = ride.override(atS * 1000, change);
        acts.push({ atS: atS + forS, act: () => override.release((atS + forS) * 1000) });
        acts.sort((a, b) => a.atS - b.atS);
      }
    };
    acts.push({ atS, act: begin });
  }
  acts.sort((a, b) => a.atS - b.atS);
  for (let next = acts.shift(); next; next = acts.shift()) next.act();
  return ride;
}

/** Physical range of every number of a state. */
const RANGES: { readonly [Key in keyof RideState]?: readonly [min: number, max: number] } = {
  speedKmh: [-0.5, 25],
  averageSpeedKmh: [0, 25],
  odometerM: [0, 600_000],
  tripM: [0, 600_000],
  remainingRangeKm: [0, 60],
  uptimeS: [0, DAY_S],
  ridingS: [0, DAY_S],
  idleS: [0, DAY_S],
  throttle: [0, 1],
  brake: [0, 1],
  batteryPercent: [0, 100 + 1e-6],
  remainingMah: [0, 13_000],
  currentA: [-8, 33],
  voltageV: [25, 42.1],
  frameTemperatureC: [17.9, 30],
};
const CELL_RANGE_V = [2.5, 4.22] as const;

function outOfRange(state: RideState): string[] {
  const isOut = (value: number, [min, max]: readonly [number, number]): boolean =>
    !(value >= min && value <= max);
  const numbers = (Object.entries(RANGES) as [keyof RideState, readonly [number, number]][])
    .filter(([key, range]) => isOut(Number(state[key]), range))
    .map(([key]) => `${key} ${Number(state[key])}`);
  const cells = state.cellsV.filter((volts) => isOut(volts, CELL_RANGE_V)).map((volts) => `cell ${volts}`);
  const warm = state.batteryTemperaturesC
    .filter((celsius) => isOut(celsius, [17.9, 30]))
    .map((c) => `battery ${c}`);
  return [...numbers, ...cells, ...warm];
}

const COUNTERS = ['odometerM', 'totalS', 'totalRidingS', 'chargeCount', 'cycles'] as const;

/** Energy in J that the cells hold between two states of charge: the integral of their voltage. */
function storedJ(fullMah: number, fromMah: number, toMah: number): number {
  const steps = 20_000;
  let sum = 0;
  for (let i = 0; i < steps; i++) {
    sum += restingPackV((fromMah + ((i + 0.5) * (toMah - fromMah)) / steps) / fullMah);
  }
  return (sum / steps) * (toMah - fromMah) * 3.6;
}

describe('a day of random inputs', () => {
  it('has no value outside its physical range, and no counter that goes back', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        const ride = rideDay(day);
        let before = ride.at(0);
        for (let s = 0; s <= DAY_S; s += OBSERVED_EVERY_S) {
          const state = ride.at(s * 1000);
          const out = outOfRange(state);
          if (out.length > 0) expect.fail(`at ${s} s: ${out.join()}`);
          const backwards = COUNTERS.filter((counter) => state[counter] < before[counter]);
          if (backwards.length > 0) expect.fail(`${backwards.join()} went back at ${s} s`);
          before = state;
        }
      }),
      { numRuns: 6 },
    );
  });

  it('loses no energy: what the cells lose is the work at the wheel and the losses, less what the charger supplies', () => {
    fc.assert(
      fc.property(anyDay, (day) => {
        const ride = rideDay(day);
        const [start, end] = [ride.at(0), ride.at(DAY_S * 1000)];
        const { fullCapacityMah } = MODELS[day.model];
        const drawnJ = storedJ(fullCapacityMah, end.remainingMah, start.remainingMah);
        const { resistanceJ, electronicsJ, motorJ, chargerJ } = end.energy;
        const throughputJ = Math.abs(motorJ) + electronicsJ + resistanceJ + chargerJ;
        const difference = drawnJ - (resistanceJ + electronicsJ + motorJ - chargerJ);
        expect(Math.abs(difference)).toBeLessThan(0.02 * throughputJ + 200);
        expect(Math.abs(end.energy.cellsJ - drawnJ)).toBeLessThan(0.02 * throughputJ + 200);
      }),
      { numRuns: 6 },
    );
  });

  it('does not depend on when it is observed', () => {
    fc.assert(
      fc.property(anyDay, fc.array(fc.nat(DAY_S * 1000), { maxLength: 20 }), (day, times) => {
        const [once, often] = [rideDay(day), rideDay(day)];
        for (const ms of times) often.at(ms);
        const endMs = DAY_S * 1000;
        expect(often.at(endMs)).toEqual(once.at(endMs));
        expect(times.map((ms) => often.at(ms))).toEqual(times.map((ms) => once.at(ms)));
      }),
      { numRuns: 4 },
    );
  });
});

describe('the energy of a ride', () => {
  it('does the work that mass, slope, tyres and air require, within 2 percent', () => {
    const ride = new Ride({ riderKg: RIDER_KG });
    let requiredJ = 0;
    let previous = { ...ride.positionAt(0), speedKmh: 0 };
    const lastMs = 3_600_000;
    for (let ms = 100; ms <= lastMs; ms += 100) {
      const { altitudeM, speedKmh } = ride.positionAt(ms);
      const [mps, beforeMps] = [speedKmh / 3.6, previous.speedKmh / 3.6];
      const meanMps = (mps + beforeMps) / 2;
      requiredJ += (MASS_KG * (mps ** 2 - beforeMps ** 2)) / 2;
      requiredJ += MASS_KG * GRAVITY_MPS2 * (altitudeM - previous.altitudeM);
      requiredJ += (0.013 * MASS_KG * GRAVITY_MPS2 + 0.36 * meanMps ** 2) * meanMps * 0.1;
      previous = { ...ride.positionAt(ms) };
    }
    const { wheelJ, riderJ, brakeJ } = ride.at(lastMs).energy;
    expect(Math.abs((wheelJ + riderJ - brakeJ) / requiredJ - 1)).toBeLessThan(0.02);
  });

  it('takes more from the battery than it delivers at the wheel', () => {
    const { motorJ, wheelJ } = new Ride().at(3_600_000).energy;
    expect(wheelJ / motorJ).toBeGreaterThan(0.6);
    expect(wheelJ / motorJ).toBeLessThan(0.9);
  });

  it('that the charger supplies, and the cells return, is what the voltage and current of the pack say', () => {
    const ride = new Ride({ startPercent: 40, start: { isCharging: true } });
    let suppliedJ = 0;
    for (let s = 0; s < 3 * 3600; s += 10) {
      const { voltageV, currentA } = ride.at((s + 5) * 1000);
      suppliedJ -= voltageV * currentA * 10;
    }
    expect(suppliedJ / ride.at(3 * 3_600_000).energy.chargerJ).toBeCloseTo(1, 3);
  });
});
