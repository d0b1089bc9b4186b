import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockSynced, readTimestamp, timestampText } from './moments.ts';

describe('the timestamp', () => {
  it.each([
    ['2026-05-04T08:00:12.345+02:00', '2026-05-04T06:00:12.345Z', 120],
    ['2026-05-04T06:00:12.345+00:00', '2026-05-04T06:00:12.345Z', 0],
    ['2026-01-01T00:10:00.000+05:45', '2025-12-31T18:25:00.000Z', 345],
    ['2025-12-31T20:30:00.001-03:30', '2026-01-01T00:00:00.001Z', -210],
    ['2026-02-28T23:30:00.000-00:30', '2026-03-01T00:00:00.000Z', -30],
  ])('%s is %s', (text, utc, offsetMin) => {
    expect(readTimestamp(text)).toEqual({ atMs: Date.parse(utc), offsetMin });
    expect(timestampText({ atMs: Date.parse(utc), offsetMin })).toBe(text);
  });

  it.each([
    ['without an offset', '2026-05-04T08:00:12.345'],
    ['in UTC by letter', '2026-05-04T08:00:12.345Z'],
    ['with nine digits of the second', '2026-05-04T08:00:12.345000000+02:00'],
    ['without a fraction', '2026-05-04T08:00:12+02:00'],
    ['on 30 February', '2026-02-30T08:00:12.345+02:00'],
    ['at hour 24', '2026-05-04T24:00:00.000+02:00'],
    ['with something after it', '2026-05-04T08:00:12.345+02:00 '],
    ['that is empty', ''],
  ])('is not one %s', (_, text) => {
    expect(readTimestamp(text)).toBeUndefined();
  });

  it('is read as it was written, at any time and offset', () => {
    const atMs = fc.integer({ min: Date.UTC(1970), max: Date.UTC(2100) });
    const offsetMin = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(atMs, offsetMin, (at, offset) => {
        const timestamp = { atMs: at, offsetMin: offset };
        fc.pre(at + offset * 60_000 >= 0);
        expect(readTimestamp(timestampText(timestamp))).toEqual(timestamp);
      }),
    );
  });
});

it('says that the clock is synchronised only if that is known', () => {
  expect([true, false, 'unknown' as const].map(clockSynced)).toEqual([true, false, false]);
});
