import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generatedRoute } from './generated-route.ts';
import { GpxError } from './gpx-points.ts';
import { routeFromGpx } from './gpx.ts';
import { distanceM, type Route } from './route.ts';

const gpx = (body: string): string => `<?xml version="1.0"?>\n<gpx version="1.1" creator="x">${body}</gpx>`;
const routeOf = (text: string): Route => routeFromGpx(Buffer.from(text)).route;
const track = (...points: string[]): string =>
  gpx(`<trk><name>t</name><trkseg>${points.join('\n')}</trkseg></trk>`);
const point = (lat: number, lon: number, ele?: number): string =>
  `<trkpt lat="${lat}" lon="${lon}">${ele === undefined ? '' : `<ele>${ele}</ele>`}<time>2024-07-15T16:20:16Z</time></trkpt>`;

describe('a GPX file', () => {
  it('gives a route through its points, with their heights', () => {
    const route = routeOf(
      track(point(43, -8, 10), point(43.002, -8, 10), point(43.004, -8, 20), point(43.006, -8)),
    );
    expect(route.at(0)).toMatchObject({ latitude: 43, longitude: -8 });
    const legM = distanceM(
      { latitude: 43, longitude: -8, altitudeM: 0 },
      { latitude: 43.002, longitude: -8, altitudeM: 0 },
    );
    expect(route.at(0).altitudeM).toBeCloseTo(10, 1);
    expect(route.at(legM * 1.5).altitudeM).toBeCloseTo(15, 1);
    expect(route.at(legM * 3).altitudeM).toBeCloseTo(20, 1);
  });

  it('without a height at its first points begins at the first height', () => {
    const route = routeOf(track(point(43, -8), point(43.002, -8), point(43.004, -8, 300)));
    expect(route.at(0).altitudeM).toBeCloseTo(300, 6);
  });

  it('whose track ends where it began is a loop; otherwise it leads there and back', () => {
    const open = [point(43, -8), point(43.01, -8), point(43.01, -7.99)];
    const there = routeOf(track(...open));
    const loop = routeOf(track(...open, point(43.00001, -8.00001)));
    expect(there.at(there.lengthM - 100).longitude).toBeCloseTo(-8, 5);
    expect(there.lengthM).toBeCloseTo(2 * (1112 + 813), -2);
    expect(loop.lengthM).toBeGreaterThan(1112 + 813 + 1300);
    expect(loop.lengthM).toBeLessThan(there.lengthM);
  });

  it('may have a route instead of a track, single quotes, empty elements, and points recorded at rest', () => {
    const text = gpx(
      "<rte><rtept lon='-8' lat='43'/><rtept lat='43' lon='-8'/><rtept lat='43.01' lon='-8'></rtept></rte>",
    );
    expect(routeOf(text).lengthM).toBeCloseTo(2 * 1112, -1);
  });

  it('has the points of its first track with two of them, or else of its first such route', () => {
    const lines = (tag: string, pointTag: string, latitude: number): string => {
      const points = [latitude, latitude + 0.01].map((lat) => `<${pointTag} lat="${lat}" lon="-8"/>`);
      return tag === 'rte'
        ? `<rte>${points.join('')}</rte>`
        : `<trk><trkseg>${points.join('')}</trkseg></trk>`;
    };
    const empty = '<trk><name>empty</name><trkseg/></trk>';
    const tracks = lines('trk', 'trkpt', 43) + lines('trk', 'trkpt', 44);
    expect(routeOf(gpx(lines('rte', 'rtept', 42) + empty + tracks)).at(0).latitude).toBe(43);
    expect(routeOf(gpx(empty + lines('rte', 'rtept', 42))).at(0).latitude).toBe(42);
  });

  it('may have prefixes, comments, other elements with points and heights, and a text in CDATA', () => {
    const other = '<extensions><x:ele xmlns:x="x">999</x:ele><trkpt lat="0" lon="0"/></extensions>';
    const points = [
      '<!-- <g:trkpt lat="1" lon="1"/> -->',
      `<g:trkpt lat="43" lon="-8"><g:ele><![CDATA[ 7 ]]></g:ele>${other}</g:trkpt>`,
      '<g:trkpt lat="43.01" lon="-8"></g:trkpt>',
    ];
    const route = routeOf(
      `<g:gpx xmlns:g="g"><g:trk><g:trkseg>${points.join('')}</g:trkseg></g:trk></g:gpx>`,
    );
    expect(route.at(0)).toMatchObject({ latitude: 43, longitude: -8, altitudeM: 7 });
    expect(route.lengthM).toBeCloseTo(2 * 1112, -1);
  });

  it.each([
    ['UTF-8 with a byte order mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-16, little-endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16, big-endian', (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['UTF-16 without a byte order mark', (text: string) => Buffer.from(text, 'utf16le')],
    ['ISO 8859-1, as it declares', (text: string) => Buffer.from(text, 'latin1')],
  ])('may be encoded in %s', (_, encode) => {
    const text = track('<!-- Coruña -->', point(43, -8, 5), point(43.01, -8)).replace(
      '<?xml version="1.0"?>',
      '<?xml version="1.0" encoding="ISO-8859-1"?>',
    );
    expect(routeFromGpx(encode(text)).route.at(0)).toMatchObject({ latitude: 43, altitudeM: 5 });
  });

  it.each([
    ['hello', 'not a GPX file: line and column 1:5: text data outside of root node'],
    ['', 'not a GPX file'],
    ['<kml></kml>', 'not a GPX file: its root element is <kml>, not <gpx>'],
    ['<gpx><trk><trkseg>', 'not a GPX file: line and column 1:18: unclosed tag: trkseg'],
    ['<?xml version="1.0" encoding="utf-99"?><gpx/>', 'cannot decode the GPX file'],
    [gpx(''), 'has no track or route with two points'],
    [track(point(43, -8)), 'has no track or route with two points'],
    [track(point(43, -8), point(43, -8)), 'has no track or route with two points'],
    [track(point(43, -8), point(93, -8)), 'has the lat "93"'],
    [track('<trkpt lat="43"></trkpt>', point(43, -8)), 'has the lon ""'],
    [
      track(point(43, -8), '<trkpt lat="43,1" lon="-8"/>'),
      'has the lat "43,1": expected a number from -90 to 90',
    ],
    [track(point(43, -8), '<trkpt lat="0x2b" lon="-8"/>'), 'has the lat "0x2b"'],
    ...['1.2.3', '.', 'NaN', '-', '1e', '1e5', '10 m'].map((height) => [
      track(point(43, -8), `<trkpt lat="43.1" lon="-8"><ele>${height}</ele></trkpt>`),
      `has the ele "${height}"`,
    ]),
  ])('is refused with a reason: %j', (text, reason) => {
    expect(() => routeOf(text)).toThrow(GpxError);
    expect(() => routeOf(text)).toThrow(reason);
  });

  it('has the number that a height or coordinate is, or is refused', () => {
    const anyNumber = fc.oneof(
      fc.double({ min: -90, max: 90, noNaN: true }).map(String),
      fc.constantFrom(
        '1e1',
        '+50',
        '.5',
        '5.',
        ' 7 ',
        '1.2.3',
        '.',
        '',
        '1e',
        '--1',
        '0x10',
        'Infinity',
        '1_0',
      ),
      fc.string({ unit: fc.constantFrom(...'0123456789.+-eE '.split('')), maxLength: 6 }),
    );
    fc.assert(
      fc.property(anyNumber, anyNumber, (lat, height) => {
        const pair = [lat, lat].map(
          (text, i) => `<trkpt lat="${text}" lon="${i}"><ele>${height}</ele></trkpt>`,
        );
        let start;
        try {
          start = routeOf(track(...pair)).at(0);
        } catch (error) {
          expect(error).toBeInstanceOf(GpxError);
          return;
        }
        expect(start.latitude).toBe(Number(lat));
        expect(start.altitudeM).toBeCloseTo(Number(height), 6);
      }),
    );
  });

  it('never makes it throw anything else', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('<', 'trkpt', ' lat="1"', ' lon="2"', '>', '</trkpt>', 'x', '<ele>', '9', '</ele>'),
        ),
        (parts) => {
          try {
            routeOf(track(parts.join('')));
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
