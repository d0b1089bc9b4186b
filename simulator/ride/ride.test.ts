import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../models/models.ts';
import { RESERVE_PERCENT } from './integrator.ts';
import { Ride } from './ride.ts';
import { distanceM } from './route.ts';
import { SpeedProfile, TOWN_PROFILE } from './speed-profile.ts';

const START_ODOMETER_M = 1_306_083;
const DAY_MS = 86_400_000;
const OPTIONS = { model: MODELS.pro2, startOdometerM: START_ODOMETER_M, startPercent: 90 } as const;
const ride = new Ride(OPTIONS);
const profile = new SpeedProfile(TOWN_PROFILE);
/** When the charge has fallen to the reserve. */
const endsAtMs =
  Array.from({ length: 16 * 3600 }, (_, halfSeconds) => halfSeconds * 500).find(
    (ms) => ride.at(ms).batteryPercent <= RESERVE_PERCENT,
  ) ?? NaN;
const ridingTimeMs = fc.nat(endsAtMs);
const anyTimeMs = fc.oneof(ridingTimeMs, fc.integer({ min: 0, max: 30 * DAY_MS }));
const twoTimesMs = fc
  .tuple(anyTimeMs, anyTimeMs)
  .map(([a, b]) => ({ earlierMs: Math.min(a, b), laterMs: Math.max(a, b) }));

/** Integrates the forward speed numerically, in metres. */
function integratedM(fromMs: number, toMs: number): number {
  const steps = 2000;
  const stepS = (toMs - fromMs) / 1000 / steps;
  let sumM = 0;
  for (let i = 0; i < steps; i++) {
    const { speedKmh } = ride.at(fromMs + (i + 0.5) * stepS * 1000);
    sumM += (Math.max(0, speedKmh) / 3.6) * stepS;
  }
  return sumM;
}

describe('odometer and trip', () => {
  it('never decrease, even while the scooter rolls backwards', () => {
    fc.assert(
      fc.property(twoTimesMs, ({ earlierMs, laterMs }) => {
        expect(ride.at(laterMs).odometerM).toBeGreaterThanOrEqual(ride.at(earlierMs).odometerM - 1e-9);
      }),
    );
    const rollingBack = Array.from({ length: 331 * 5 }, (_, i) => i * 200).filter(
      (ms) => ride.at(ms).speedKmh < 0,
    );
    expect(rollingBack.length).toBeGreaterThan(3);
    expect(new Set(rollingBack.map((ms) => ride.at(ms).odometerM)).size).toBe(1);
  });

  it('increase by what the speed adds up to', () => {
    fc.assert(
      fc.property(ridingTimeMs, fc.integer({ min: 1, max: 60_000 }), (startMs, lastsMs) => {
        const gainedM = ride.at(startMs + lastsMs).odometerM - ride.at(startMs).odometerM;
        expect(gainedM).toBeCloseTo(integratedM(startMs, startMs + lastsMs), 1);
      }),
      { numRuns: 50 },
    );
  });

  it('are consistent with each other, the riding time and the average speed', () => {
    fc.assert(
      fc.property(twoTimesMs, ({ earlierMs: poweredOnMs, laterMs: nowMs }) => {
        const restarted = new Ride(OPTIONS);
        restarted.powerOn(poweredOnMs);
        const state = restarted.at(nowMs);
        expect(state.tripM).toBeCloseTo(state.odometerM - ride.at(poweredOnMs).odometerM, 6);
        expect(state.uptimeS).toBeCloseTo((nowMs - poweredOnMs) / 1000, 6);
        expect(state.ridingS).toBeLessThanOrEqual(state.uptimeS + 1e-6);
        expect((state.averageSpeedKmh / 3.6) * state.ridingS).toBeCloseTo(state.tripM, 6);
        expect(state.averageSpeedKmh).toBeLessThanOrEqual(25);
      }),
      { numRuns: 20 },
    );
    expect(ride.at(endsAtMs).tripM).toBeCloseTo(ride.at(endsAtMs).odometerM - START_ODOMETER_M, 6);
  });
});

describe('the speed', () => {
  it('is the one that the rider wants, unless the motor is too weak to speed up on a slope', () => {
    const halfSeconds = Array.from({ length: Math.floor(endsAtMs / 500) }, (_, index) => index * 500);
    const slower = halfSeconds.flatMap((ms) => {
      const missingKmh = profile.speedKmhAt(ms / 1000) - ride.at(ms).speedKmh;
      expect(missingKmh).toBeGreaterThan(-1e-9);
      return missingKmh > 1e-9 ? [missingKmh] : [];
    });
    expect(slower.length).toBeLessThan(halfSeconds.length / 500);
    expect(Math.max(0, ...slower)).toBeLessThan(1);
  });
});

describe('the position', () => {
  it('moves by the speed', () => {
    fc.assert(
      fc.property(anyTimeMs, (startMs) => {
        const from = ride.positionAt(startMs);
        const to = ride.positionAt(startMs + 200);
        const turnedDeg = Math.abs(from.courseDeg - to.courseDeg);
        const meanM = ((from.speedKmh + to.speedKmh) / 2 / 3.6) * 0.2;
        const movedM = distanceM(from, to);
        expect(movedM).toBeLessThanOrEqual(meanM + 0.1);
        if (turnedDeg === 0) expect(movedM).toBeGreaterThanOrEqual(meanM - 0.1);
        expect(from.speedKmh).toBe(Math.abs(ride.at(startMs).speedKmh));
      }),
    );
  });

  it('reverses its course while the scooter rolls backwards', () => {
    const atMs =
      Array.from({ length: 331 * 5 }, (_, i) => i * 200).find((ms) => ride.at(ms).speedKmh < 0) ?? NaN;
    const turnedDeg = ride.positionAt(atMs).courseDeg - ride.positionAt(atMs - 3000).courseDeg;
    expect(Math.abs(turnedDeg)).toBeCloseTo(180, 0);
    expect(ride.positionAt(atMs).speedKmh).toBeGreaterThan(0);
  });
});

describe('battery and temperatures', () => {
  it('percentage and range are proportional to the remaining charge', () => {
    fc.assert(
      fc.property(anyTimeMs, (ms) => {
        const state = ride.at(ms);
        expect((state.remainingMah / MODELS.pro2.fullCapacityMah) * 100).toBeCloseTo(state.batteryPercent, 9);
        expect(state.remainingRangeKm / ride.at(0).remainingRangeKm).toBeCloseTo(
          state.batteryPercent / 90,
          9,
        );
        expect(state.voltageV).toBeCloseTo(
          state.cellsV.reduce((sum, volts) => sum + volts),
          9,
        );
      }),
    );
  });

  it('charge and range fall with the distance, at about the predicted rate', () => {
    const start = ride.at(0);
    const end = ride.at(endsAtMs);
    for (let ms = 0; ms < endsAtMs; ms += 60_000) {
      const [earlier, later] = [ride.at(ms), ride.at(Math.min(ms + 60_000, endsAtMs))];
      expect(later.batteryPercent).toBeLessThan(earlier.batteryPercent);
      expect(later.remainingRangeKm).toBeLessThan(earlier.remainingRangeKm);
    }
    const predictedM = (start.remainingRangeKm - end.remainingRangeKm) * 1000;
    expect(Math.abs(predictedM / end.tripM - 1)).toBeLessThan(0.05);
  });

  it('a full Pro 2 has a range of 35 to 50 km', () => {
    expect(new Ride().at(0).remainingRangeKm).toBeGreaterThan(35);
    expect(new Ride().at(0).remainingRangeKm).toBeLessThan(50);
  });

  it('temperatures rise slowly while riding, and return to that of the air', () => {
    const temperatures = (ms: number) => {
      const { batteryTemperaturesC, frameTemperatureC } = ride.at(ms);
      return [...batteryTemperaturesC, frameTemperatureC];
    };
    for (let ms = 0; ms + 60_000 < endsAtMs; ms += 60_000) {
      temperatures(ms + 60_000).forEach((celsius, i) => {
        const risenC = celsius - (temperatures(ms)[i] ?? NaN);
        expect(risenC).toBeGreaterThan(0);
        expect(risenC).toBeLessThan(0.5);
      });
    }
    temperatures(endsAtMs).forEach((celsius) => expect(celsius).toBeLessThan(30));
    temperatures(endsAtMs + DAY_MS).forEach((celsius) => expect(celsius).toBeCloseTo(18, 6));
  });
});

describe('the end of the ride', () => {
  it('comes at 10 percent: the scooter brakes, and then stands still', () => {
    const halted = ride.at(endsAtMs + 10_000);
    const monthLater = ride.at(30 * DAY_MS);
    expect(halted.batteryPercent).toBeCloseTo(RESERVE_PERCENT, 1);
    expect(halted.speedKmh).toBe(0);
    expect(halted.currentA).toBeLessThan(0.015);
    expect(monthLater.odometerM).toBe(halted.odometerM);
    expect(monthLater.remainingMah).toBeCloseTo(0, 6);
    expect(monthLater.voltageV).toBeGreaterThan(30);
    expect(
      Object.values(monthLater)
        .flat()
        .filter((value) => typeof value === 'number'),
    ).not.toContain(NaN);
  });

  it('does not depend on the times at which the ride is observed', () => {
    const timesMs = [5 * DAY_MS, 0, 3_600_000, 1234, 5 * DAY_MS];
    expect(timesMs.map((ms) => ride.at(ms))).toEqual(timesMs.map((ms) => new Ride(OPTIONS).at(ms)));
  });

  it('before the start the state is that of the start', () => {
    expect(ride.at(-5000)).toEqual(ride.at(0));
  });
});

describe('another model', () => {
  it('a Lite does not exceed 20 km/h', () => {
    const lite = new Ride({ model: MODELS.lite });
    const fastest = Math.max(...Array.from({ length: 331 }, (_, s) => lite.at(s * 1000).speedKmh));
    expect(fastest).toBeGreaterThan(18);
    expect(fastest).toBeLessThanOrEqual(20);
  });
});
