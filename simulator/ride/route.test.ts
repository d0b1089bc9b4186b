import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Route, TORRE_DE_HERCULES, bearingDeg, distanceM, type RoutePoint } from './route.ts';

const point = (latitude: number, longitude: number, altitudeM = 0): RoutePoint => ({
  latitude,
  longitude,
  altitudeM,
});

describe('distances and bearings', () => {
  it('a degree of latitude is 111.195 km, and one of longitude shorter by the cosine of the latitude', () => {
    expect(distanceM(point(43, -8), point(44, -8))).toBeCloseTo(111_195, -1);
    expect(distanceM(point(60, 0), point(60, 0.01))).toBeCloseTo(555.97, 1);
  });

  it.each([
    ['north', point(44, -8), 0],
    ['east', point(43, -7.999), 90],
    ['south', point(42, -8), 180],
    ['west', point(43, -8.001), 270],
  ])('due %s', (_, to, course) => {
    expect(bearingDeg(point(43, -8), to)).toBeCloseTo(course, 2);
  });
});

describe('a closed route', () => {
  const square = new Route([
    point(43, -8, 0),
    point(43.001, -8, 10),
    point(43.001, -7.999, 10),
    point(43, -7.999, 0),
  ]);

  it('has the same length, directions and heights elsewhere', () => {
    const moved = TORRE_DE_HERCULES.movedTo({ latitude: -33.45, longitude: 151.2 });
    expect(moved.at(0)).toMatchObject({ latitude: -33.45, longitude: 151.2 });
    expect(moved.lengthM).toBeCloseTo(TORRE_DE_HERCULES.lengthM, 0);
    for (const alongM of [100, 1000, 3000]) {
      expect(moved.at(alongM).courseDeg).toBeCloseTo(TORRE_DE_HERCULES.at(alongM).courseDeg, 1);
      expect(moved.altitudeAt(alongM)).toBeCloseTo(TORRE_DE_HERCULES.altitudeAt(alongM), 1);
    }
    expect(TORRE_DE_HERCULES.movedTo({ latitude: 10 }).at(0).longitude).toBe(
      TORRE_DE_HERCULES.at(0).longitude,
    );
  });

  it('interpolates position and altitude between two points', () => {
    const half = square.at(distanceM(point(43, -8), point(43.001, -8)) / 2);
    expect(half.latitude).toBeCloseTo(43.0005, 9);
    expect(half.longitude).toBe(-8);
    expect(half.altitudeM).toBeCloseTo(5, 9);
    expect(half.courseDeg).toBeCloseTo(0, 6);
  });

  it('repeats after any number of rounds, forwards and backwards', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.integer({ min: -9, max: 9 }), (m, rounds) => {
        const there = square.at(m);
        const again = square.at(m + rounds * square.lengthM);
        expect(distanceM(there, again)).toBeLessThan(1e-3);
      }),
    );
  });

  it('never jumps: two positions are no farther apart than the route between them', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(200), (m, stepM) => {
        const apartM = distanceM(TORRE_DE_HERCULES.at(m), TORRE_DE_HERCULES.at(m + stepM));
        expect(apartM).toBeLessThanOrEqual(stepM * 1.001 + 1e-3);
      }),
    );
  });

  it.each([[[]], [[point(43, -8)]], [[point(43, -8), point(43, -8)]]])(
    'rejects points that coincide: %j',
    (points) => {
      expect(() => new Route(points)).toThrow(RangeError);
    },
  );

  it('around the Torre de Hércules is a ride of 4 to 6 km, near the lighthouse, with gentle climbs', () => {
    expect(TORRE_DE_HERCULES.lengthM).toBeGreaterThan(4000);
    expect(TORRE_DE_HERCULES.lengthM).toBeLessThan(6000);
    for (let m = 0; m < TORRE_DE_HERCULES.lengthM; m += 20) {
      const here = TORRE_DE_HERCULES.at(m);
      expect(distanceM(here, point(43.386, -8.4065))).toBeLessThan(2500);
      expect(Math.abs(TORRE_DE_HERCULES.at(m + 20).altitudeM - here.altitudeM)).toBeLessThan(1.5);
    }
  });
});
