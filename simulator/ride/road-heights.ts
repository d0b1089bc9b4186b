import { distanceM, type RoutePoint } from './route.ts';

/**
 * Length over which heights are averaged, twice, so that a point counts among those within this distance of it. Receivers
 * record heights with errors of some metres, which between points a few metres apart are walls that no road has; assumed.
 */
const AVERAGED_OVER_M = 50;
/** Steepest slope of a road on which the simulator rides, as height over length; assumed. */
export const MAX_SLOPE = 0.2;

/** A closed route with the heights of a road. */
export interface Road {
  readonly points: readonly RoutePoint[];
  /** Steepest slope before slopes were limited to `MAX_SLOPE`. */
  readonly steepestSlope: number;
}

/** Gives a closed route the heights of a road: smoothed, and with slopes of at most `MAX_SLOPE`. */
export function toRoad(points: readonly RoutePoint[]): Road {
  const legsM = points.map((point, i) => distanceM(point, points[(i + 1) % points.length] ?? point));
  const recordedM = points.map(({ altitudeM }) => altitudeM);
  const smoothM = averaged(averaged(recordedM, legsM), legsM);
  const steepestSlope = legsM.reduce(
    (steepest, legM, i) => Math.max(steepest, Math.abs(after(smoothM, i) - at(smoothM, i)) / legM),
    0,
  );
  const heightsM = steepestSlope > MAX_SLOPE ? limited(smoothM, legsM) : smoothM;
  return {
    points: points.map((point, i) => ({ ...point, altitudeM: heightsM[i] ?? point.altitudeM })),
    steepestSlope,
  };
}

/** Value at an index around the route, and the one after it. */
const at = (values: readonly number[], index: number): number => values[index % values.length] ?? 0;
const after = (values: readonly number[], index: number): number => at(values, index + 1);

/** Moving average of the heights between the points as well as at them. */
function averaged(heightsM: readonly number[], legsM: readonly number[]): number[] {
  const halfM = AVERAGED_OVER_M / 2;
  const areaBehind = heightIntegral(heightsM, legsM, -halfM);
  const areaAhead = heightIntegral(heightsM, legsM, -halfM);
  let alongM = 0;
  return legsM.map((legM) => {
    const areaM2 = areaAhead(alongM + halfM) - areaBehind(alongM - halfM);
    alongM += legM;
    return areaM2 / AVERAGED_OVER_M;
  });
}

/**
 * Integral of the heights along a closed route, in m², to a distance from its first point. Each distance must be at least
 * the one before, because the whole track is passed once.
 * @param fromM first distance; the integral begins at or before it
 */
function heightIntegral(
  heightsM: readonly number[],
  legsM: readonly number[],
  fromM: number,
): (alongM: number) => number {
  const lengthM = legsM.reduce((sum, legM) => sum + legM, 0);
  let startM = Math.floor(fromM / lengthM) * lengthM;
  let areaM2 = 0;
  let index = 0;
  return (alongM) => {
    for (; startM + at(legsM, index) < alongM; index++) {
      areaM2 += (at(legsM, index) * (at(heightsM, index) + after(heightsM, index))) / 2;
      startM += at(legsM, index);
    }
    const withinM = alongM - startM;
    const [heightM, nextM] = [at(heightsM, index), after(heightsM, index)];
    const endM = heightM + ((nextM - heightM) * withinM) / at(legsM, index);
    return areaM2 + (withinM * (heightM + endM)) / 2;
  };
}

/** The heights with slopes of at most `MAX_SLOPE` that deviate least: midway between the greatest below and the least above. */
function limited(heightsM: readonly number[], legsM: readonly number[]): number[] {
  const belowM = greatestBelow(heightsM, legsM);
  const aboveM = greatestBelow(
    heightsM.map((heightM) => -heightM),
    legsM,
  ).map((heightM) => -heightM);
  return belowM.map((heightM, i) => (heightM + (aboveM[i] ?? heightM)) / 2);
}

/** The greatest heights with slopes of at most `MAX_SLOPE` of which none exceeds the given one. */
function greatestBelow(heightsM: readonly number[], legsM: readonly number[]): number[] {
  const lowered = [...heightsM];
  const count = lowered.length;
  const lower = (index: number, reachedM: number): void => {
    lowered[index % count] = Math.min(at(lowered, index), reachedM);
  };
  // Twice around, because the lowest point limits those before the first one as well.
  for (let i = 0; i < 2 * count; i++) lower(i + 1, at(lowered, i) + MAX_SLOPE * at(legsM, i));
  for (let i = 2 * count; i > 0; i--) lower(i - 1, at(lowered, i) + MAX_SLOPE * at(legsM, i - 1));
  return lowered;
}
