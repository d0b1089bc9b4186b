import torreDeHercules from '../../fixtures/routes/torre-de-hercules.json' with { type: 'json' };
import { lastStarted } from './search.ts';

/** Mean radius of the earth, in metres (IUGG). */
const EARTH_RADIUS_M = 6_371_008.8;
const DEG = Math.PI / 180;

/** A point of a route: degrees north and east, metres above sea level. */
export interface RoutePoint {
  readonly latitude: number;
  readonly longitude: number;
  readonly altitudeM: number;
}

/** A point of a route with the direction of travel: degrees from true north, 0 ≤ course < 360. */
export interface PointUnderWay extends RoutePoint {
  readonly courseDeg: number;
}

/** Great-circle distance in metres (haversine); altitudes do not count. */
export function distanceM(from: RoutePoint, to: RoutePoint): number {
  const [lat1, lat2] = [from.latitude * DEG, to.latitude * DEG];
  const acrossLat = Math.sin((lat2 - lat1) / 2) ** 2;
  const acrossLon = Math.sin(((to.longitude - from.longitude) * DEG) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(acrossLat + Math.cos(lat1) * Math.cos(lat2) * acrossLon));
}

/** Initial bearing from one point to another, in degrees from true north, 0 ≤ bearing < 360. */
export function bearingDeg(from: RoutePoint, to: RoutePoint): number {
  const [lat1, lat2] = [from.latitude * DEG, to.latitude * DEG];
  const dLon = (to.longitude - from.longitude) * DEG;
  const east = Math.sin(dLon) * Math.cos(lat2);
  const north = Math.cos(lat1) * Math.sin(lat2) - Math.sin(lat1) * Math.cos(lat2) * Math.cos(dLon);
  return (Math.atan2(east, north) / DEG + 360) % 360;
}

interface Leg {
  /** Distance along the route at which the leg begins, in metres. */
  readonly startM: number;
  readonly from: RoutePoint;
  readonly to: RoutePoint;
  readonly lengthM: number;
  readonly courseDeg: number;
}

/** A closed way: its last point leads back to its first. */
export class Route {
  readonly lengthM: number;
  readonly #legs: readonly Leg[];

  /** @throws RangeError if two neighbouring points coincide, or there are fewer than two */
  constructor(points: readonly RoutePoint[]) {
    let startM = 0;
    this.#legs = points.map((from, index) => {
      const to = points[(index + 1) % points.length] ?? from;
      const leg = { startM, from, to, lengthM: distanceM(from, to), courseDeg: bearingDeg(from, to) };
      startM += leg.lengthM;
      return leg;
    });
    this.lengthM = startM;
    if (this.#legs.length < 2 || this.#legs.some(({ lengthM }) => lengthM === 0)) {
      throw new RangeError('A route needs at least two points, each apart from the next');
    }
  }

  /** Where one is after `alongM` metres; any finite number, as the route closes on itself. */
  at(alongM: number): PointUnderWay {
    const withinM = ((alongM % this.lengthM) + this.lengthM) % this.lengthM;
    const { startM, from, to, lengthM, courseDeg } = lastStarted(this.#legs, (leg) => leg.startM, withinM);
    const share = (withinM - startM) / lengthM;
    const between = (a: number, b: number) => a + (b - a) * share;
    return {
      latitude: between(from.latitude, to.latitude),
      longitude: between(from.longitude, to.longitude),
      altitudeM: between(from.altitudeM, to.altitudeM),
      courseDeg,
    };
  }
}

/** About 4.5 km around the Torre de Hércules in A Coruña; invented. */
export const TORRE_DE_HERCULES = new Route(torreDeHercules.points);
