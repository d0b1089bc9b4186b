import torreDeHercules from '../../fixtures/routes/torre-de-hercules.json' with { type: 'json' };
import { findLastStarted } from './binary-search.ts';

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
export interface DirectedPoint extends RoutePoint {
  readonly courseDeg: number;
}

/** Great-circle distance in metres (haversine), altitudes ignored. */
export function distanceM(from: RoutePoint, to: RoutePoint): number {
  const [lat1, lat2] = [from.latitude * DEG, to.latitude * DEG];
  const haversineLat = Math.sin((lat2 - lat1) / 2) ** 2;
  const haversineLon = Math.sin(((to.longitude - from.longitude) * DEG) / 2) ** 2;
  return (
    2 * EARTH_RADIUS_M * Math.asin(Math.sqrt(haversineLat + Math.cos(lat1) * Math.cos(lat2) * haversineLon))
  );
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
  /** Distance along the route at which the leg starts, in metres. */
  readonly startM: number;
  readonly from: RoutePoint;
  readonly to: RoutePoint;
  readonly lengthM: number;
  readonly courseDeg: number;
}

/** A closed route: its last point leads back to its first. */
export class Route {
  readonly lengthM: number;
  readonly #points: readonly RoutePoint[];
  readonly #legs: readonly Leg[];

  /** @throws RangeError for fewer than two points, or neighbouring points that coincide */
  constructor(points: readonly RoutePoint[]) {
    let startM = 0;
    this.#points = points;
    this.#legs = points.map((from, index) => {
      const to = points[(index + 1) % points.length] ?? from;
      const leg = { startM, from, to, lengthM: distanceM(from, to), courseDeg: bearingDeg(from, to) };
      startM += leg.lengthM;
      return leg;
    });
    this.lengthM = startM;
    if (this.#legs.length < 2 || this.#legs.some(({ lengthM }) => lengthM === 0)) {
      throw new RangeError('a route needs at least two points, and neighbouring points must differ');
    }
  }

  /**
   * The same route elsewhere, with the same lengths and directions.
   * @param start where it begins; by default where this one does
   */
  movedTo(start: Partial<Pick<RoutePoint, 'latitude' | 'longitude'>>): Route {
    const [from = { latitude: 0, longitude: 0 }] = this.#points;
    const { latitude = from.latitude, longitude = from.longitude } = start;
    return new Route(
      this.#points.map((point) => {
        const movedLatitude = point.latitude + latitude - from.latitude;
        const narrowing = Math.cos(point.latitude * DEG) / Math.cos(movedLatitude * DEG);
        return {
          latitude: movedLatitude,
          longitude: longitude + (point.longitude - from.longitude) * narrowing,
          altitudeM: point.altitudeM,
        };
      }),
    );
  }

  /** Metres above sea level, `alongM` metres along the route. */
  altitudeAt(alongM: number): number {
    const { leg, fraction } = this.#locate(alongM);
    return leg.from.altitudeM + (leg.to.altitudeM - leg.from.altitudeM) * fraction;
  }

  /** Position `alongM` metres along the route; any finite number, because the route is closed. */
  at(alongM: number): DirectedPoint {
    const { leg, fraction } = this.#locate(alongM);
    const { from, to, courseDeg } = leg;
    const between = (a: number, b: number) => a + (b - a) * fraction;
    return {
      latitude: between(from.latitude, to.latitude),
      longitude: between(from.longitude, to.longitude),
      altitudeM: between(from.altitudeM, to.altitudeM),
      courseDeg,
    };
  }

  #locate(alongM: number): { leg: Leg; fraction: number } {
    const withinM = ((alongM % this.lengthM) + this.lengthM) % this.lengthM;
    const leg = findLastStarted(this.#legs, ({ startM }) => startM, withinM);
    return { leg, fraction: (withinM - leg.startM) / leg.lengthM };
  }
}

/** A fictitious route of about 4.5 km around the Torre de Hércules in A Coruña. */
export const TORRE_DE_HERCULES = new Route(torreDeHercules.points);
