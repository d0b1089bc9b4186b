import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SLOPE, toRoad } from './road-heights.ts';
import { Route, type RoutePoint } from './route.ts';

const M_PER_DEGREE = 111_195;

/** A closed route there and back, with a point at each of the distances. */
const profile = (heightsM: readonly number[], everyM: number): RoutePoint[] => {
  const there = heightsM.map((altitudeM, i) => ({
    latitude: 43 + (i * everyM) / M_PER_DEGREE,
    longitude: -8,
    altitudeM,
  }));
  return [...there, ...there.slice(1, -1).reverse()];
};
const times = (count: number, heightM: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => heightM(i));
const heightsOf = (points: readonly RoutePoint[]): number[] => points.map(({ altitudeM }) => altitudeM);
const any = (min: number, max: number) => fc.double({ min, max, noNaN: true });

describe('the heights of a road', () => {
  it('are those of a level or evenly rising track, apart from its ends', () => {
    const rising = profile(
      times(100, (i) => 0.5 * i),
      10,
    );
    const { points, steepestSlope } = toRoad(rising);
    expect(points[50]?.altitudeM).toBeCloseTo(25, 6);
    expect(steepestSlope).toBeCloseTo(0.05, 3);
    const level = profile(
      times(100, () => 7),
      10,
    );
    expect(Math.max(...heightsOf(toRoad(level).points))).toBeCloseTo(7, 9);
  });

  it('have slopes of a few percent if a receiver recorded noise', () => {
    const noisy = times(300, (i) => 3 * (((i * i * 7919) % 2001) / 1000 - 1));
    expect(toRoad(profile(noisy, 5)).steepestSlope).toBeLessThan(0.06);
  });

  it('spread a step over a hundred metres', () => {
    const { points } = toRoad(
      profile(
        times(200, (i) => (i < 100 ? 0 : 8)),
        2,
      ),
    );
    expect(points[74]?.altitudeM).toBeCloseTo(0, 2);
    expect(points[100]?.altitudeM).toBeGreaterThan(3);
    expect(points[100]?.altitudeM).toBeLessThan(5);
    expect(points[126]?.altitudeM).toBeCloseTo(8, 2);
  });

  it('rise and fall by 20 percent at most, and lie between the lowest and the highest that were recorded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(any(-10, 10), any(-9000, 9000)), { minLength: 2, maxLength: 200 }),
        any(1, 300),
        (heightsM, everyM) => {
          const { points } = toRoad(profile(heightsM, everyM));
          const route = new Route(points);
          for (let m = 0; m < route.lengthM; m += everyM / 2) {
            const riseM = route.altitudeAt(m + everyM / 2) - route.altitudeAt(m);
            expect(Math.abs(riseM)).toBeLessThanOrEqual((MAX_SLOPE * everyM) / 2 + 1e-6);
          }
          expect(Math.min(...heightsOf(points))).toBeGreaterThanOrEqual(Math.min(...heightsM) - 1e-6);
          expect(Math.max(...heightsOf(points))).toBeLessThanOrEqual(Math.max(...heightsM) + 1e-6);
        },
      ),
    );
  });
});
