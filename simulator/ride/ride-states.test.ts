import { describe, expect, it } from 'vitest';
import { SCOOTER_STATUS, hasFlag } from '../../protocol/registers/codes.ts';
import { PACK_RESISTANCE_OHM } from './battery.ts';
import { type Conditions, RIDE_STATES } from './conditions.ts';
import { MODELS } from '../models/models.ts';
import { Ride, type RideOptions } from './ride.ts';
import type { RideState } from './ride-state.ts';
import { Route } from './route.ts';
import { TOWN_PROFILE } from './speed-profile.ts';

const HOUR_MS = 3_600_000;
/** Unit of cell voltages in the registers. */
const UNIT_V = 0.001;
const LEVEL = new Route([
  { latitude: 43, longitude: -8, altitudeM: 0 },
  { latitude: 43.1, longitude: -8, altitudeM: 0 },
]);
/** A kilometre up and a kilometre down, at 10 %. */
const HILL = new Route([
  { latitude: 43, longitude: -8, altitudeM: 0 },
  { latitude: 43.009, longitude: -8, altitudeM: 100 },
]);
/** Five kilometres down and as many up, at 5 %. */
const DESCENT = new Route([
  { latitude: 43, longitude: -8, altitudeM: 250 },
  { latitude: 43.045, longitude: -8, altitudeM: 0 },
]);
const STEADY = [
  { seconds: 10, fromKmh: 0, toKmh: 20 },
  { seconds: 600, fromKmh: 20, toKmh: 20 },
  { seconds: 10, fromKmh: 20, toKmh: 0 },
];

const steady = (options: RideOptions = {}): Ride => new Ride({ route: LEVEL, profile: STEADY, ...options });
const starting = (start: Partial<Conditions>, options: RideOptions = {}): Ride =>
  new Ride({ startPercent: 70, ...options, start });
const isAlarmed = ({ status }: RideState): boolean => hasFlag(status, SCOOTER_STATUS.alarm);

describe('riding', () => {
  it('draws more current uphill, with a heavier rider, and while accelerating; recovers energy downhill', () => {
    const level = steady().at(60_000);
    const uphill = steady({ route: HILL }).at(60_000);
    const downhill = steady({ route: HILL }).at(300_000);
    expect(level.currentA).toBeGreaterThan(2);
    expect(uphill.currentA).toBeGreaterThan(2 * level.currentA);
    expect(downhill.currentA).toBeLessThan(0);
    expect(steady({ riderKg: 110 }).at(60_000).currentA).toBeGreaterThan(1.1 * level.currentA);
    expect(steady().at(8_000).currentA).toBeGreaterThan(level.currentA);
  });

  it('becomes slower on a slope that is too steep for the motor, and is pushed up a steeper one', () => {
    const climbed = (altitudeM: number, riderKg = 75): RideState => {
      const points = [43, 43.009].map((latitude, i) => ({
        latitude,
        longitude: -8,
        altitudeM: i * altitudeM,
      }));
      return steady({ route: new Route(points), riderKg }).at(90_000);
    };
    expect(climbed(100).speedKmh).toBeCloseTo(20, 6);
    expect(climbed(200).speedKmh).toBeLessThan(18);
    expect(climbed(200).speedKmh).toBeGreaterThan(10);
    expect(climbed(200).energy.wheelJ).toBeGreaterThan(100 * climbed(200).energy.riderJ);
    for (const pushed of [climbed(200, 150), climbed(100_000)]) {
      expect(pushed.speedKmh).toBeCloseTo(4, 6);
      expect(pushed.energy.riderJ).toBeGreaterThan(0);
      expect(pushed.throttle).toBe(1);
    }
  });

  it('draws at most 30 A for the motor, however steep the slope, and slows down by at most 5 km/h per second', () => {
    for (const altitudeM of [100, 250, 1000, 100_000]) {
      const points = [43, 43.002].map((latitude, i) => ({
        latitude,
        longitude: -8,
        altitudeM: i * altitudeM,
      }));
      const ride = steady({ route: new Route([...points, { ...LEVEL.at(0), longitude: -8.01 }]) });
      for (let ms = 500; ms < HOUR_MS / 4; ms += 500) {
        const state = ride.at(ms);
        expect(state.currentA).toBeLessThanOrEqual(30.2);
        expect(ride.at(ms - 500).speedKmh - state.speedKmh).toBeLessThanOrEqual(2.5 + 1e-6);
      }
    }
  });

  it('lowers the voltage under load', () => {
    const [standing, speedingUp] = [4_990, 9_010].map((ms) => new Ride().at(ms));
    expect((standing?.voltageV ?? 0) - (speedingUp?.voltageV ?? 0)).toBeGreaterThan(1);
  });

  it('returns more energy with stronger recovery', () => {
    const brakingA = [0, 1, 2].map((kers) => starting({ kers }).at(175_000).currentA);
    expect(brakingA[0]).toBeLessThan(-1);
    expect(brakingA[1]).toBeLessThan(brakingA[0] ?? NaN);
    expect(brakingA[2]).toBeLessThan(brakingA[1] ?? NaN);
  });

  it.each([0, 1, 2])('never overfills the battery on a descent, with recovery %i', (kers) => {
    for (const startPercent of [99.9, 99.99, 99.9999, 100]) {
      const ride = starting({ kers }, { startPercent, profile: STEADY, route: DESCENT, riderKg: 120 });
      for (let ms = 0; ms < 600_000; ms += 700) {
        const { remainingMah, cellsV } = ride.at(ms);
        expect(remainingMah).toBeLessThanOrEqual(MODELS.pro2.fullCapacityMah + 1e-6);
        expect(Math.max(...cellsV)).toBeLessThan(4.21);
      }
    }
  });

  it('recovers no energy into a full battery, and all of it once some charge is missing', () => {
    const brakingA = [100, 98, 70].map(
      (startPercent) =>
        starting({ kers: 2 }, { startPercent, profile: STEADY, route: DESCENT, riderKg: 150 }).at(30_250)
          .currentA,
    );
    expect(brakingA[0]).toBeGreaterThanOrEqual(0);
    expect(brakingA[1]).toBeLessThan(-3);
    expect(brakingA[2]).toBeLessThan(brakingA[1] ?? NaN);
  });

  it('shows throttle and brake, never both', () => {
    const ride = new Ride();
    for (let ms = 0; ms < 331_000; ms += 500) {
      const { throttle, brake, speedKmh } = ride.at(ms);
      expect(throttle * brake).toBe(0);
      expect(Math.max(throttle, brake)).toBeLessThanOrEqual(1);
      if (speedKmh === 0 && ms < 5_000) expect(throttle + brake).toBe(0);
    }
  });

  it('keeps to the speed limit that an app has set for its mode', () => {
    const limits = { isSpeedLimited: true, limitEcoKmh: 5, limitNormalKmh: 15 };
    expect(starting({ ...limits, mode: 1 }).at(50_000).speedKmh).toBeCloseTo(5, 6);
    expect(starting({ ...limits, mode: 0 }).at(50_000).speedKmh).toBeCloseTo(15, 6);
    expect(starting({ ...limits, mode: 2 }).at(50_000).speedKmh).toBeCloseTo(15, 6);
    expect(starting({ ...limits, isSpeedLimited: false }).at(50_000).speedKmh).toBeGreaterThan(23);
    expect(starting(limits).at(50_000).status & SCOOTER_STATUS.speedLimited).toBe(
      SCOOTER_STATUS.speedLimited,
    );
  });

  it('is as fast as its mode allows: 6 km/h in eco, 20 in normal and 25 in sport on a Pro 2', () => {
    const fastest = [1, 0, 2].map((mode) => {
      const ride = starting({ mode });
      return Math.max(...Array.from({ length: 331 }, (_, s) => ride.at(s * 1000).speedKmh));
    });
    expect(fastest[0]).toBeCloseTo(6, 6);
    expect(fastest[1]).toBeCloseTo(20, 6);
    expect(fastest[2]).toBeGreaterThan(24);
  });

  it('with cruise control keeps its speed while the rider wants nearly the same', () => {
    const [with_, without] = [true, false].map((hasCruise) => {
      const ride = starting({ hasCruise });
      return [20_000, 50_000].map((ms) => ride.at(ms).speedKmh);
    });
    expect(with_?.[1]).toBe(with_?.[0]);
    expect(without?.[1]).not.toBe(without?.[0]);
  });
});

describe('at rest', () => {
  it.each([
    ['parked', 3600],
    ['charging', 0],
  ] as const)('%s, the scooter does not move', (state, idleS) => {
    const ride = starting(RIDE_STATES[state]);
    expect(ride.at(HOUR_MS)).toMatchObject({ speedKmh: 0, tripM: 0, idleS, uptimeS: 3600 });
    expect(ride.positionAt(HOUR_MS)).toEqual(ride.positionAt(0));
  });

  it('the current is 0.01 A, or a little more with the tail light on', () => {
    expect(starting(RIDE_STATES.parked).at(HOUR_MS).currentA).toBeCloseTo(0.01, 2);
    expect(starting(RIDE_STATES.parked).at(HOUR_MS).currentA).toBeGreaterThan(0.005);
    expect(starting({ ...RIDE_STATES.parked, tailLight: 2 }).at(HOUR_MS).currentA).toBeCloseTo(0.05, 2);
  });

  it('the voltage falls with the charge that the electronics use, before anything else happens', () => {
    const ride = starting({ ...RIDE_STATES.parked, tailLight: 2 });
    const [begin, later] = [ride.at(0), ride.at(24 * HOUR_MS)];
    expect(later.batteryPercent).toBeLessThan(begin.batteryPercent - 5);
    expect(later.voltageV).toBeLessThan(begin.voltageV - 0.5);
  });

  it('the current is that of the tail light if bit 1 of its bit field is set', () => {
    const currentWith = (tailLight: number): number =>
      starting({ ...RIDE_STATES.parked, tailLight }).at(HOUR_MS).currentA;
    expect(currentWith(0x8012)).toBe(currentWith(2));
    expect(currentWith(0x8011)).toBe(currentWith(0));
  });
});

describe('charging', () => {
  const charging = starting({ ...RIDE_STATES.charging }, { startPercent: 70 });

  it('raises charge, voltage and temperatures, at −1.73 A', () => {
    const [begin, later] = [charging.at(60_000), charging.at(HOUR_MS)];
    expect(later.currentA).toBe(-1.73);
    expect(later.remainingMah - begin.remainingMah).toBeCloseTo(1730 * (59 / 60), 0);
    expect(later.voltageV).toBeGreaterThan(begin.voltageV);
    expect(later.batteryTemperaturesC[0]).toBeGreaterThan(begin.batteryTemperaturesC[0] + 3);
    expect(Math.max(...later.cellsV) - Math.min(...later.cellsV)).toBeCloseTo(0.031, 6);
  });

  it('moves no cell by more than 4 mV within 10 s, to the end', () => {
    const stepMs = 10_000;
    const moments = Array.from({ length: (3 * HOUR_MS) / stepMs }, (_, index) =>
      charging.at(HOUR_MS + index * stepMs),
    );
    const isLaterFull = moments.at(-1)?.currentA === 0;
    const movedV = moments
      .slice(1)
      .flatMap(({ cellsV }, index) =>
        cellsV.map((volts, cell) => Math.abs(volts - (moments[index]?.cellsV[cell] ?? NaN))),
      );
    expect(isLaterFull).toBe(true);
    expect(Math.max(...movedV)).toBeLessThan(0.004);
  });

  it.each(Object.entries(MODELS))(
    'moves every cell by resistance times current at once, and no further: %s',
    (_, model) => {
      const chargingA = model.currentA.charging;
      const restingA = model.currentA.resting;
      const stepV = ((restingA - chargingA) * PACK_RESISTANCE_OHM) / model.cellsInSeries;
      const ride = starting(RIDE_STATES.charging, { model, startPercent: 50 });
      const differencesV = (atMs: number): number[] => {
        const [before, after] = [ride.at(atMs - 1), ride.at(atMs + 1)];
        return before.cellsV.map((volts, cell) => volts - (after.cellsV[cell] ?? NaN));
      };
      const unplugged = ride.override(HOUR_MS, RIDE_STATES.parked);
      for (const fallV of differencesV(HOUR_MS)) expect(Math.abs(fallV - stepV)).toBeLessThan(UNIT_V);
      expect(stepV).toBeLessThan(0.03);
      unplugged.release(2 * HOUR_MS);
      for (const fallV of differencesV(2 * HOUR_MS)) expect(Math.abs(fallV + stepV)).toBeLessThan(UNIT_V);
    },
  );

  it('ends when the battery is full', () => {
    const full = charging.at(24 * HOUR_MS);
    expect(full.batteryPercent).toBeCloseTo(100, 6);
    expect(full.currentA).toBe(0);
    expect(full.batteryTemperaturesC[0]).toBeCloseTo(18, 1);
  });

  it('stops a scooter that rides, and lets it continue afterwards', () => {
    const ride = starting({});
    const charger = ride.override(50_000, { isCharging: true });
    expect(ride.at(50_000).speedKmh).toBeGreaterThan(20);
    expect(ride.at(70_000)).toMatchObject({ speedKmh: 0, currentA: -1.73, chargeCount: 1 });
    charger.release(HOUR_MS);
    expect(ride.at(HOUR_MS + 120_000).odometerM).toBeGreaterThan(ride.at(HOUR_MS).odometerM + 100);
  });

  it('lets a ride continue that had ended with a flat battery', () => {
    const ride = new Ride({ startPercent: 10 });
    expect(ride.at(HOUR_MS).odometerM).toBe(0);
    const charger = ride.override(HOUR_MS, { isCharging: true });
    charger.release(3 * HOUR_MS);
    expect(ride.at(4 * HOUR_MS).odometerM).toBeGreaterThan(5000);
  });
});

describe('a parked scooter', () => {
  it.each(Object.entries(MODELS))('draws the current that is known of its model: %s', (_, model) => {
    const { currentA } = starting(RIDE_STATES.parked, { model }).at(HOUR_MS);
    expect(Math.round(currentA * 100) / 100).toBe(model.currentA.resting);
  });
});

describe('a lock', () => {
  it('stops a scooter that rides, and keeps the motor off', () => {
    const ride = starting({});
    ride.change(50_000, { isLocked: true });
    expect(ride.at(50_000).speedKmh).toBeGreaterThan(20);
    expect(ride.at(56_000)).toMatchObject({ speedKmh: 0, warning: 0, status: SCOOTER_STATUS.locked });
    expect(ride.at(HOUR_MS).odometerM).toBe(ride.at(56_000).odometerM);
    ride.change(HOUR_MS, { isLocked: false });
    expect(ride.at(2 * HOUR_MS).odometerM).toBeGreaterThan(10_000);
  });

  it('warns and sets off the alarm while the scooter is pushed, and for a moment afterwards', () => {
    const ride = starting({ isLocked: true, activity: 'parked' });
    const push = ride.override(60_000, { activity: 'pushed' });
    push.release(90_000);
    expect(isAlarmed(ride.at(59_000))).toBe(false);
    expect(ride.at(70_000)).toMatchObject({
      warning: 9,
      status: SCOOTER_STATUS.locked | SCOOTER_STATUS.alarm,
    });
    expect(ride.at(70_000).speedKmh).toBeCloseTo(1.2, 6);
    expect(isAlarmed(ride.at(92_000))).toBe(true);
    expect(ride.at(100_000)).toMatchObject({ warning: 0, status: SCOOTER_STATUS.locked, speedKmh: 0 });
  });

  it('does not brake a scooter that is switched off, which is as heavy to push as any other', () => {
    const [locked, unlocked] = [true, false].map((isLocked) =>
      starting({ ...RIDE_STATES.pushed, isLocked, isOn: false }).at(60_000),
    );
    expect(unlocked?.speedKmh).toBeCloseTo(4, 6);
    expect(locked?.speedKmh).toBe(unlocked?.speedKmh);
    expect(locked?.energy.riderJ).toBe(unlocked?.energy.riderJ);
    expect(locked?.warning).toBe(0);
  });

  it('without it, pushing is a walk that uses no more than the current at rest', () => {
    const pushed = starting(RIDE_STATES.pushed).at(60_000);
    expect(pushed.speedKmh).toBeCloseTo(4, 6);
    expect(pushed.currentA).toBeCloseTo(starting(RIDE_STATES.parked).at(0).currentA, 6);
    expect(pushed.warning).toBe(0);
  });
});

describe('errors and warnings', () => {
  it('an error stops the motor until it is gone', () => {
    const ride = starting({});
    const error = ride.override(60_000, { error: 15 });
    error.release(120_000);
    expect(ride.at(70_000)).toMatchObject({ speedKmh: 0, conditions: { error: 15 } });
    expect(ride.at(150_000).speedKmh).toBeGreaterThan(10);
    expect(ride.at(150_000).conditions.error).toBe(0);
  });

  it('a warning does not stop it', () => {
    expect(starting({ warning: 12 }).at(50_000)).toMatchObject({ warning: 12 });
    expect(starting({ warning: 12 }).at(50_000).speedKmh).toBeGreaterThan(20);
  });
});

describe('inputs', () => {
  it('of overlapping temporary changes the last one applies, and each ends by itself', () => {
    const ride = starting({});
    const first = ride.override(1_000, { error: 15 });
    const second = ride.override(2_000, { error: 18 });
    first.release(3_000);
    expect([1_500, 2_500, 3_500].map((ms) => ride.at(ms).conditions.error)).toEqual([15, 18, 18]);
    second.release(4_000);
    expect(ride.at(4_000).conditions.error).toBe(0);
  });

  it('must come in the order of time', () => {
    const ride = starting({});
    ride.change(2_000, { error: 15 });
    expect(() => ride.change(1_000, { error: 0 })).toThrow(RangeError);
  });

  it('apply although the past was observed before them', () => {
    const ride = starting(RIDE_STATES.charging);
    const unplugged = ride.override(HOUR_MS, RIDE_STATES.parked);
    for (const ms of [HOUR_MS - 1, HOUR_MS + 1]) ride.at(ms);
    unplugged.release(2 * HOUR_MS);
    ride.at(2 * HOUR_MS - 1);
    expect(ride.at(2 * HOUR_MS + 1).conditions.isCharging).toBe(true);
  });

  it('do not change the past, however far ahead the ride was observed', () => {
    const [observed, fresh] = [starting({}), starting({})];
    const before = observed.at(59_000);
    observed.at(24 * HOUR_MS);
    for (const ride of [observed, fresh]) ride.change(60_000, RIDE_STATES.parked);
    expect(observed.at(59_000)).toEqual(before);
    expect(observed.at(HOUR_MS)).toEqual(fresh.at(HOUR_MS));
  });
});

it('a rider who accelerates slowly reaches the profile after an interruption', () => {
  const ride = new Ride({ profile: TOWN_PROFILE });
  const parked = ride.override(20_000, RIDE_STATES.parked);
  parked.release(30_000);
  expect(ride.at(31_000).speedKmh).toBeCloseTo(3, 6);
  expect(ride.at(40_000).speedKmh).toBeCloseTo(new Ride().at(40_000).speedKmh, 6);
});
