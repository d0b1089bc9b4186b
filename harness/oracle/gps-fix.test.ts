import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { epochs, readFix } from './gps-fix.ts';
import { sentence } from './testing/sentence.ts';

interface ReceiverLog {
  readonly log: string;
  readonly receiver: string;
  readonly lines: readonly string[];
  /** Positions that gpsd reported for them. */
  readonly positions: readonly (readonly [latitude: number, longitude: number])[];
}

const LOGS = JSON.parse(readFileSync('fixtures/gpsd/logs.json', 'utf8')) as ReceiverLog[];
/**
 * Positions of gpsd that are none here: two logs end before the sentences of their last positions, and in one, gpsd
 * reports a position of which both sentences say that it is not valid.
 */
const OTHER_POSITIONS: Readonly<Record<string, readonly string[]>> = {
  'firefly-II.log': ['37.261018333, -121.961165', '37.261015, -121.961165'],
  'saab-r4.log': ['50.2132, -8.11466'],
  'mtk-3301.log': ['52.21631655, 6.8849651'],
};
/** gpsd reports nine digits after the point. */
const GPSD_ROUNDING_DEG = 0.51e-9;

const RMC = sentence('GPRMC,120000.50,A,4322.24585,N,00824.26785,W,10.2,30.5,040526,,,A');
const GGA = sentence('GPGGA,120000.50,4322.24585,N,00824.26785,W,1,08,0.9,4.2,M,50,M,,');

describe.each(LOGS)('the log of $receiver', ({ log, lines, positions }) => {
  // One log has a | at each place where its stream is interrupted.
  const sent = lines.map((line) => line.replaceAll('|', ''));
  // Sentences of one time may differ in their digits, and gpsd reports each.
  const fixes = [...epochs(sent), ...sent.map((line) => [line])]
    .map(readFix)
    .filter((fix) => fix !== undefined);

  it('has every position that gpsd reports for it', () => {
    const missing = positions.filter(
      ([north, east]) =>
        !fixes.some(
          ({ latitude, longitude }) =>
            Math.abs(latitude - north) <= GPSD_ROUNDING_DEG &&
            Math.abs(longitude - east) <= GPSD_ROUNDING_DEG,
        ),
    );
    expect(missing.map((position) => position.join(', '))).toEqual(OTHER_POSITIONS[log] ?? []);
  });

  it('has no position far from those', () => {
    expect(fixes).not.toEqual([]);
    for (const { latitude, longitude } of fixes) {
      const isNear = positions.some(
        ([north, east]) => Math.abs(latitude - north) < 1e-3 && Math.abs(longitude - east) < 1e-3,
      );
      expect(isNear, `${latitude}, ${longitude}`).toBe(true);
    }
  });
});

describe('the sentences of one time', () => {
  it('take position, speed and date from RMC, and the altitude from GGA, in any order', () => {
    const expected = {
      latitude: 43 + 22.24585 / 60,
      longitude: -(8 + 24.26785 / 60),
      altitudeM: 4.2,
      speedKmh: expect.closeTo(18.8904, 9) as number,
      courseDeg: 30.5,
      satellites: 8,
      hdop: 0.9,
      timeMs: Date.UTC(2026, 4, 4, 12, 0, 0, 500),
    };
    expect(readFix([RMC, GGA])).toEqual(expected);
    expect(readFix([GGA, RMC])).toEqual(expected);
  });

  it('have a position without what it does not need', () => {
    expect(readFix([RMC])).toMatchObject({ altitudeM: null, satellites: null });
    expect(readFix([sentence('GPGLL,4322.24585,N,00824.26785,W,,A')])).toMatchObject({
      altitudeM: null,
      speedKmh: null,
      timeMs: null,
    });
  });

  it('have an unknown time if none of them has a date, and none if the date is odd', () => {
    expect(readFix([GGA])?.timeMs).toBe('unknown');
    const odd = sentence('GPRMC,120000.50,A,4322.24585,N,00824.26785,W,10.2,30.5,0405-1,,,A');
    expect(readFix([GGA, odd])?.timeMs).toBeNull();
  });

  it('have no position without a valid status', () => {
    const invalid = sentence('GPRMC,120000.50,V,4322.24585,N,00824.26785,W,10.2,30.5,040526,,,N');
    const noQuality = sentence('GPGGA,120000.50,4322.24585,N,00824.26785,W,0,00,99.9,4.2,M,50,M,,');
    expect(readFix([invalid, noQuality])).toBeUndefined();
    expect(readFix([])).toBeUndefined();
  });

  it('take no value from one without a valid status', () => {
    const estimated = sentence('GPGGA,120000.50,4322.2,N,00824.2,W,6,08,0.9,4.2,M,50,M,,');
    expect(readFix([estimated, RMC])).toMatchObject({ altitudeM: null, latitude: 43 + 22.24585 / 60 });
  });

  it('are those with the same time of day, and lines without one after them', () => {
    const next = sentence('GPGLL,4322.2,N,00824.2,W,120001,A');
    const other = sentence('GPVTG,77.5,T,93.3,M,5.2,N,9.7,K');
    expect(epochs([other, RMC, GGA, other, next, other])).toEqual([
      [other, RMC, GGA, other],
      [next, other],
    ]);
  });
});
