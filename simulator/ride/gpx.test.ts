import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generatedRoute } from './generated-route.ts';
import { GpxError, routeFromGpx } from './gpx.ts';
import { distanceM } from './route.ts';

const gpx = (body: string): string => `<?xml version="1.0"?>\n<gpx version="1.1" creator="x">${body}</gpx>`;
const track = (...points: string[]): string =>
  gpx(`<trk><name>t</name><trkseg>${points.join('\n')}</trkseg></trk>`);
const point = (lat: number, lon: number, ele?: number): string =>
  `<trkpt lat="${lat}" lon="${lon}">${ele === undefined ? '' : `<ele>${ele}</ele>`}<time>2024-07-15T16:20:16Z</time></trkpt>`;

describe('a GPX file', () => {
  it('gives a route through its points, with their heights', () => {
    const route = routeFromGpx(track(point(43, -8, 10), point(43.001, -8, 20), point(43.001, -7.999)));
    expect(route.at(0)).toMatchObject({ latitude: 43, longitude: -8, altitudeM: 10 });
    const legM = distanceM(
      { latitude: 43, longitude: -8, altitudeM: 0 },
      { latitude: 43.001, longitude: -8, altitudeM: 0 },
    );
    expect(route.at(legM / 2).altitudeM).toBeCloseTo(15, 6);
    expect(route.at(legM * 1.2).altitudeM).toBeCloseTo(20, 6);
  });

  it('whose track ends where it began is a loop; otherwise it leads there and back', () => {
    const open = [point(43, -8), point(43.01, -8), point(43.01, -7.99)];
    const there = routeFromGpx(track(...open));
    const loop = routeFromGpx(track(...open, point(43.00001, -8.00001)));
    expect(there.at(there.lengthM - 100).longitude).toBeCloseTo(-8, 5);
    expect(there.lengthM).toBeCloseTo(2 * (1112 + 813), -2);
    expect(loop.lengthM).toBeGreaterThan(1112 + 813 + 1300);
    expect(loop.lengthM).toBeLessThan(there.lengthM);
  });

  it('may have a route instead of a track, single quotes, empty elements, and points recorded at rest', () => {
    const text = gpx(
      "<rte><rtept lon='-8' lat='43'/><rtept lat='43' lon='-8'/><rtept lat='43.01' lon='-8'></rtept></rte>",
    );
    expect(routeFromGpx(text).lengthM).toBeCloseTo(2 * 1112, -1);
  });

  it.each([
    ['hello', 'not a GPX file'],
    [gpx(''), 'has no track or route with two points'],
    [track(point(43, -8)), 'has no track or route with two points'],
    [track(point(43, -8), point(43, -8)), 'has no track or route with two points'],
    [track(point(43, -8), point(93, -8)), 'has the lat "93"'],
    [track('<trkpt lat="43"></trkpt>', point(43, -8)), 'has the lon ""'],
  ])('is refused with a reason: %j', (text, reason) => {
    expect(() => routeFromGpx(text)).toThrow(GpxError);
    expect(() => routeFromGpx(text)).toThrow(reason);
  });

  it('never makes it throw anything else', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('<', 'trkpt', ' lat="1"', ' lon="2"', '>', '</trkpt>', 'x', '<ele>', '9', '</ele>'),
        ),
        (parts) => {
          try {
            routeFromGpx(track(parts.join('')));
          } catch (error) {
            expect(error).toBeInstanceOf(GpxError);
          }
        },
      ),
    );
  });
});

describe('a generated route', () => {
  it('is a loop of 2 to 14 km in Galicia, without jumps, and with grades that a scooter can climb', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 20, maxLength: 20 }),
        (numbers) => {
          let next = 0;
          const route = generatedRoute(() => numbers[next++ % numbers.length] ?? 0);
          expect(route.lengthM).toBeGreaterThan(2000);
          expect(route.lengthM).toBeLessThan(14_000);
          for (let m = 0; m < route.lengthM; m += 25) {
            const [here, there] = [route.at(m), route.at(m + 25)];
            expect(Math.abs(here.latitude - 43.35)).toBeLessThan(0.1);
            expect(Math.abs(here.longitude + 8.4)).toBeLessThan(0.15);
            expect(Math.abs(there.altitudeM - here.altitudeM) / 25).toBeLessThan(0.08);
            expect(here.altitudeM).toBeGreaterThan(-30);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
