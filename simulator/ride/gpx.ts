import { type GpxPoint, GpxError, gpxPoints } from './gpx-points.ts';
import { toRoad } from './road-heights.ts';
import { distanceM, Route, type RoutePoint } from './route.ts';

/** Ends of a track that are this close make it a closed route. */
const CLOSED_M = 50;
/** Points closer than this to the one before are dropped: receivers at rest record them. */
const MIN_LEG_M = 1;

/** A route that was read from a GPX file. */
export interface GpxRoute {
  readonly route: Route;
  /** Steepest slope in the file, as height over length. The route has at most `MAX_SLOPE`. */
  readonly steepestSlope: number;
}

/**
 * Reads the route of a GPX file: the points of the first track that has two of them apart, or else of the first such route,
 * in their order. A track whose ends are apart leads there and back. Heights become those of a road. A point without a
 * height has that of its predecessor; those before the first height have that one.
 * @throws GpxError
 */
export function routeFromGpx(file: Uint8Array): GpxRoute {
  const [points] = gpxPoints(file)
    .map((line) => withoutPauses(withHeights(line)))
    .filter(({ length }) => length > 1);
  if (!points) throw new GpxError('the GPX file has no track or route with two points that are apart');
  const { points: roadPoints, steepestSlope } = toRoad(closed(points));
  return { route: new Route(roadPoints), steepestSlope };
}

function withHeights(points: readonly GpxPoint[]): RoutePoint[] {
  let altitudeM = points.find(({ heightM }) => heightM !== undefined)?.heightM ?? 0;
  return points.map(({ latitude, longitude, heightM }) => {
    altitudeM = heightM ?? altitudeM;
    return { latitude, longitude, altitudeM };
  });
}

function withoutPauses(points: readonly RoutePoint[]): RoutePoint[] {
  const kept: RoutePoint[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (!last || distanceM(last, point) >= MIN_LEG_M) kept.push(point);
  }
  return kept;
}

/** The points of a closed route: those of a loop, or there and back. */
function closed(points: readonly RoutePoint[]): RoutePoint[] {
  if (distanceBetweenEnds(points) > CLOSED_M) return [...points, ...points.slice(1, -1).reverse()];
  const loop = [...points];
  while (loop.length > 2 && distanceBetweenEnds(loop) < MIN_LEG_M) loop.pop();
  return loop;
}

function distanceBetweenEnds(points: readonly RoutePoint[]): number {
  const [first, last] = [points[0], points.at(-1)];
  return first && last ? distanceM(first, last) : 0;
}
