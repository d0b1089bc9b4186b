import { distanceM, Route, type RoutePoint } from './route.ts';

/** Ends of a track that are this close make it a closed route. */
const CLOSED_M = 50;
/** Points closer than this to the one before are dropped: receivers at rest record them. */
const MIN_LEG_M = 1;

/** A text that is not a usable GPX file; the message says why. */
export class GpxError extends Error {
  override readonly name = 'GpxError';
}

/**
 * Reads the route of a GPX file: the points of its first track, or else of its first route, in their order. A track whose
 * ends are apart leads there and back. A point without a height has that of its predecessor.
 * @throws GpxError
 */
export function routeFromGpx(text: string): Route {
  if (!/<gpx[\s>]/.test(text)) throw new GpxError('not a GPX file: it has no <gpx> element');
  const [track = ''] = /<trk[\s>].*?<\/trk>/s.exec(text) ?? /<rte[\s>].*?<\/rte>/s.exec(text) ?? [];
  const points = withoutPauses(pointsIn(track));
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) {
    throw new GpxError('the GPX file has no track or route with two points that are apart');
  }
  if (distanceM(first, last) > CLOSED_M) return new Route([...points, ...points.slice(1, -1).reverse()]);
  return new Route(distanceM(first, last) < MIN_LEG_M && points.length > 2 ? points.slice(0, -1) : points);
}

function pointsIn(track: string): RoutePoint[] {
  const elements = track.matchAll(/<(?:trkpt|rtept)\b([^>]*?)(?:\/>|>(.*?)<\/(?:trkpt|rtept)>)/gs);
  let altitudeM = 0;
  return Array.from(elements, ([, attributes = '', content = '']) => {
    const latitude = attribute(attributes, 'lat', 90);
    const longitude = attribute(attributes, 'lon', 180);
    const [, height] = /<ele>\s*(-?[\d.]+)\s*<\/ele>/.exec(content) ?? [];
    if (height !== undefined) altitudeM = Number(height);
    return { latitude, longitude, altitudeM };
  });
}

function attribute(attributes: string, name: string, limit: number): number {
  const [, text = ''] = new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(attributes) ?? [];
  const value = text.trim() === '' ? NaN : Number(text);
  if (Math.abs(value) <= limit) return value;
  throw new GpxError(`a point of the GPX file has the ${name} "${text}"`);
}

function withoutPauses(points: readonly RoutePoint[]): RoutePoint[] {
  const kept: RoutePoint[] = [];
  for (const point of points) {
    const last = kept.at(-1);
    if (!last || distanceM(last, point) >= MIN_LEG_M) kept.push(point);
  }
  return kept;
}
