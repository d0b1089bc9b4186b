import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIVITIES, type Conditions } from './conditions.ts';
import { MODELS, type ModelId } from '../models/models.ts';
import { Ride } from './ride.ts';
import { outOfRange, requiredJ, unexplainedJ } from './testing/physics.ts';

const DAY_S = 86_400;
/** Interval at which a day is observed; odd, so that it meets every part of the ride. */
const OBSERVED_EVERY_S = 7.3;
const RIDER_KG = 80;

/** An input at a random time: a change that lasts, a temporary one, or a restart. */
interface RandomInput {
  readonly atS: number;
  readonly forS: number;
  readonly kind: 'change' | 'override' | 'powerOn';
  readonly change: Partial<Conditions>;
}

const anyChange: fc.Arbitrary<Partial<Conditions>> = fc.oneof(
  fc
    .constantFrom(...ACTIVITIES.filter((activity) => activity !== 'downhill'))
    .map((activity) => ({ activity })),
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

const COUNTERS = ['odometerM', 'totalS', 'totalRidingS', 'chargeCount', 'cycles'] as const;

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
        const { missingJ, throughputJ } = unexplainedJ(ride, DAY_S * 1000);
        expect(missingJ).toBeLessThan(0.02 * throughputJ + 200);
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
    const lastMs = 3_600_000;
    const workJ = requiredJ(ride, RIDER_KG + MODELS.pro2.massKg, lastMs, 100);
    const { wheelJ, riderJ, brakeJ } = ride.at(lastMs).energy;
    expect(Math.abs((wheelJ + riderJ - brakeJ) / workJ - 1)).toBeLessThan(0.02);
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
