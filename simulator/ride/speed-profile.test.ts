import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpeedProfile, TOWN_PROFILE, scaleProfile } from './speed-profile.ts';

const town = new SpeedProfile(TOWN_PROFILE);
const week = fc.nat(7 * 86_400_000).map((ms) => ms / 1000);

describe('a speed profile', () => {
  it.each([
    ['jumps', [{ seconds: 1, fromKmh: 0, toKmh: 5 }]],
    ['takes no time', [{ seconds: 0, fromKmh: 0, toKmh: 0 }]],
    ['changes direction midway', [2, -2].map((kmh) => ({ seconds: 1, fromKmh: kmh, toKmh: -kmh }))],
  ])('is refused if it %s', (_, profile) => {
    expect(() => new SpeedProfile(profile)).toThrow(RangeError);
  });

  it('repeats', () => {
    fc.assert(
      fc.property(week, (s) => {
        expect(town.speedKmhAt(s + 331)).toBeCloseTo(town.speedKmhAt(s), 4);
      }),
    );
  });
});

describe('the city profile', () => {
  it('cruises at about 24 km/h, stops, rolls back a little, and never exceeds 25 km/h', () => {
    const speeds = Array.from({ length: 3310 }, (_, i) => town.speedKmhAt(i / 10));
    expect(speeds.filter((kmh) => kmh > 23 && kmh < 25).length).toBeGreaterThan(1500);
    expect(speeds.filter((kmh) => kmh === 0).length).toBeGreaterThan(100);
    expect(Math.min(...speeds)).toBeCloseTo(-0.4, 9);
    expect(Math.max(...speeds)).toBeLessThanOrEqual(25);
  });

  it('rolls back during a poll of a client that polls every five seconds', () => {
    const polls = Array.from({ length: 5 * 331 }, (_, i) => town.speedKmhAt(i * 5));
    expect(polls.some((kmh) => kmh < 0)).toBe(true);
  });

  it('of a slower scooter has the same times and lower speeds', () => {
    const slower = new SpeedProfile(scaleProfile(TOWN_PROFILE, 0.8));
    expect(slower.cycleS).toBe(town.cycleS);
    fc.assert(
      fc.property(week, (s) => {
        expect(slower.speedKmhAt(s)).toBeCloseTo(0.8 * town.speedKmhAt(s), 9);
      }),
    );
  });
});
