import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Motion, TOWN_PROFILE, brakeToStop, scaleProfile } from './motion.ts';

const town = new Motion(TOWN_PROFILE);
const week = fc.nat(7 * 86_400_000).map((ms) => ms / 1000);

describe('a motion', () => {
  const simple = new Motion([
    { seconds: 10, fromKmh: 0, toKmh: 36 },
    { seconds: 5, fromKmh: 36, toKmh: 36 },
    { seconds: 10, fromKmh: 36, toKmh: 0 },
    { seconds: 2, fromKmh: 0, toKmh: -3.6 },
    { seconds: 2, fromKmh: -3.6, toKmh: 0 },
    { seconds: 11, fromKmh: 0, toKmh: 0 },
  ]);

  it.each([
    [0, 0, 0, 0, 0],
    [5, 18, 12.5, 12.5, 5],
    [12, 36, 70, 70, 12],
    [25, 0, 150, 150, 25],
    [27, -3.6, 149, 150, 25],
    [40, 0, 148, 150, 25],
    [45, 18, 160.5, 162.5, 30],
    [4000, 0, 14_800, 15_000, 2500],
  ])('after %d s has the speed and distances calculated by hand', (s, ...expected) => {
    const { speedKmh, displacementM, forwardDistanceM, ridingS } = simple.at(s);
    [speedKmh, displacementM, forwardDistanceM, ridingS].forEach((value, i) =>
      expect(value).toBeCloseTo(expected[i] ?? NaN, 9),
    );
  });

  it.each([
    ['jumps', [{ seconds: 1, fromKmh: 0, toKmh: 5 }]],
    ['takes no time', [{ seconds: 0, fromKmh: 0, toKmh: 0 }]],
    ['changes direction midway', [2, -2].map((kmh) => ({ seconds: 1, fromKmh: kmh, toKmh: -kmh }))],
  ])('refuses a profile that %s', (_, profile) => {
    expect(() => new Motion(profile)).toThrow(RangeError);
  });

  it('stops within 6 s of the final braking, at any speed', () => {
    fc.assert(
      fc.property(week, (s) => {
        const moment = town.at(s);
        const halted = brakeToStop(moment, 6);
        expect(halted.speedKmh).toBeCloseTo(0, 9);
        expect(brakeToStop(moment, 6e6)).toEqual(halted);
        expect(Math.abs(halted.displacementM - moment.displacementM)).toBeLessThan(25);
      }),
    );
  });
});

describe('the city profile', () => {
  it('cruises at about 24 km/h, stops, rolls back a little, and never exceeds 25 km/h', () => {
    const speeds = Array.from({ length: 3310 }, (_, i) => town.at(i / 10).speedKmh);
    expect(speeds.filter((kmh) => kmh > 23 && kmh < 25).length).toBeGreaterThan(1500);
    expect(speeds.filter((kmh) => kmh === 0).length).toBeGreaterThan(100);
    expect(Math.min(...speeds)).toBeCloseTo(-0.4, 9);
    expect(Math.max(...speeds)).toBeLessThanOrEqual(25);
  });

  it('rolls back during a poll of a client that polls every five seconds', () => {
    const polls = Array.from({ length: 5 * 331 }, (_, i) => town.at(i * 5).speedKmh);
    expect(polls.some((kmh) => kmh < 0)).toBe(true);
  });

  it('covers the distance that its speed adds up to', () => {
    fc.assert(
      fc.property(week, fc.integer({ min: 1, max: 60 }), (startS, durationS) => {
        const steps = 2000;
        let sumM = 0;
        for (let i = 0; i < steps; i++) {
          sumM += (town.at(startS + ((i + 0.5) * durationS) / steps).speedKmh / 3.6) * (durationS / steps);
        }
        expect(town.at(startS + durationS).displacementM - town.at(startS).displacementM).toBeCloseTo(
          sumM,
          2,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('takes a slower scooter the same time over a shorter distance', () => {
    const slower = new Motion(scaleProfile(TOWN_PROFILE, 0.8));
    expect(slower.cycle.seconds).toBe(town.cycle.seconds);
    expect(slower.cycle.forwardDistanceM).toBeCloseTo(town.cycle.forwardDistanceM * 0.8, 9);
  });
});
