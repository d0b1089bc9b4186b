import { Route } from './route.ts';

/** Metres per degree of latitude. */
const M_PER_DEGREE = 111_195;
const DEG = Math.PI / 180;
const POINTS = 180;
const MIN_RADIUS_M = 500;
const MAX_RADIUS_M = 1500;
/** Bends and hills: number of waves around the loop. */
const BENDS = [2, 3, 5];
const HILLS = [1, 2, 4];
/** Greatest bend, as part of the radius, and greatest height of a hill as part of its length. */
const BEND = 0.12;
const GRADE = 0.012;

/** South-west of the middles of routes that are drawn there. */
const CORUNA = { latitude: 43.3, longitude: -8.5 };

/**
 * Draws a closed route: a loop of 3 to 10 km with bends, and hills with grades of a few percent.
 * @param around degrees at most 0.1° south and 0.2° west of its middle; by default in Coruña
 */
export function generatedRoute(
  unit: () => number,
  around: { readonly latitude?: number | undefined; readonly longitude?: number | undefined } = {},
): Route {
  const { latitude = CORUNA.latitude, longitude = CORUNA.longitude } = around;
  const centre = { latitude: latitude + 0.1 * unit(), longitude: longitude + 0.2 * unit() };
  const radiusM = MIN_RADIUS_M + (MAX_RADIUS_M - MIN_RADIUS_M) * unit();
  const waves = (counts: readonly number[]): ((angle: number) => number) => {
    const drawn = counts.map((count) => ({ count, size: unit(), phase: 2 * Math.PI * unit() }));
    return (angle) =>
      drawn.reduce(
        (sum, { count, size, phase }) => sum + (size / count) * Math.sin(count * angle + phase),
        0,
      );
  };
  const bend = waves(BENDS);
  const hill = waves(HILLS);
  const baseM = 30 + 70 * unit();
  return new Route(
    Array.from({ length: POINTS }, (_, index) => {
      const angle = (2 * Math.PI * index) / POINTS;
      const distanceM = radiusM * (1 + BEND * bend(angle));
      return {
        latitude: centre.latitude + (distanceM * Math.cos(angle)) / M_PER_DEGREE,
        longitude:
          centre.longitude + (distanceM * Math.sin(angle)) / (M_PER_DEGREE * Math.cos(centre.latitude * DEG)),
        altitudeM: baseM + radiusM * GRADE * hill(angle),
      };
    }),
  );
}
