import { describe, expect, it } from 'vitest';
import { fits } from './expected.ts';
import { gpsFields } from './gps-fields.ts';
import type { GpsFix } from './gps-fix.ts';

const FIX: GpsFix = {
  latitude: 43.370764326,
  longitude: -8.404464141,
  altitudeM: 4.24,
  speedKmh: 18.8904,
  courseDeg: 30.5,
  satellites: 8,
  hdop: 0.9,
  timeMs: Date.UTC(2026, 4, 4, 6, 0, 12),
};

/** The sample in docs/topics.md. */
const PUBLISHED = {
  latitude: 43.3707643,
  longitude: -8.4044641,
  altitude: 4.2,
  gps_speed: 18.89,
  fix: true,
  age_sec: 0.771,
  time: '2026-05-04T06:00:12.000Z',
};
const NOTHING = { latitude: 0, longitude: 0, altitude: 0, gps_speed: 0 };
const NULLS = { latitude: null, longitude: null, altitude: null, gps_speed: null };

/** Fields of `gpsinfo` that are not as expected. */
function misfits(published: object, ...expected: Parameters<typeof gpsFields>): string[] {
  const fields = gpsFields(...expected);
  const values = new Map(
    Object.entries(published).map(([key, value]) => [`gpsinfo.${key}`, value as unknown]),
  );
  expect([...fields.keys()]).toEqual([...values.keys()]);
  return [...fields].filter(([path, each]) => !fits(each, values.get(path))).map(([path]) => path);
}

describe('gpsinfo', () => {
  it('has the newest fix, rounded', () => {
    expect(misfits(PUBLISHED, { fix: FIX, ageMs: 771 }, 0)).toEqual([]);
  });

  it.each([
    ['latitude', 43.3707644],
    ['latitude', 43.3707642],
    ['longitude', 8.4044641],
    ['longitude', -8.404464],
    ['altitude', 4.3],
    ['altitude', 0],
    ['gps_speed', 10.2],
    ['gps_speed', 18.9],
    ['fix', false],
    ['age_sec', 0.772],
    ['age_sec', null],
    ['time', '2026-05-04T06:00:13.000Z'],
    ['time', null],
  ])('does not have %s %s', (key, value) => {
    expect(misfits({ ...PUBLISHED, [key]: value }, { fix: FIX, ageMs: 771 }, 0)).toEqual([`gpsinfo.${key}`]);
  });

  it('has a position for three seconds, and age and time of the fix ever after', () => {
    expect(misfits({ ...PUBLISHED, age_sec: 3 }, { fix: FIX, ageMs: 3_000 }, 0)).toEqual([]);
    const old = { ...PUBLISHED, fix: false, age_sec: 3.001 };
    expect(misfits({ ...old, ...NOTHING }, { fix: FIX, ageMs: 3_001 }, 0)).toEqual([]);
    expect(misfits({ ...old, ...NULLS }, { fix: FIX, ageMs: 3_001 }, null)).toEqual([]);
    expect(misfits(old, { fix: FIX, ageMs: 3_001 }, 0)).toHaveLength(4);
    expect(misfits({ ...old, ...NOTHING }, { fix: FIX, ageMs: 3_001 }, null)).toHaveLength(4);
  });

  it('has no age and no time before the first fix', () => {
    const none = { ...PUBLISHED, ...NOTHING, fix: false, age_sec: null, time: null };
    expect(misfits(none, undefined, 0)).toEqual([]);
    expect(misfits({ ...none, ...NULLS }, undefined, null)).toEqual([]);
    expect(misfits({ ...none, fix: true, age_sec: 0 }, undefined, 0)).toEqual([
      'gpsinfo.fix',
      'gpsinfo.age_sec',
    ]);
  });

  it('has the placeholder for an altitude or a speed that the receiver does not know', () => {
    const bare = { fix: { ...FIX, altitudeM: null, speedKmh: null, timeMs: null }, ageMs: 771 };
    expect(misfits({ ...PUBLISHED, altitude: 0, gps_speed: 0, time: null }, bare, 0)).toEqual([]);
    expect(misfits({ ...PUBLISHED, altitude: null, gps_speed: null, time: null }, bare, null)).toEqual([]);
    expect(misfits({ ...PUBLISHED, altitude: 0, gps_speed: 0 }, bare, null)).toHaveLength(3);
  });

  it('may have any time if its date is not known', () => {
    expect(misfits(PUBLISHED, { fix: { ...FIX, timeMs: 'unknown' }, ageMs: 771 }, 0)).toEqual([]);
  });
});
