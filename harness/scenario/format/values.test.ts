import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duration, formatDuration, share } from './values.ts';

const { schema } = duration(-86_400, 86_400);
const parse = (value: unknown): number | undefined => schema.safeParse(value).data;

describe('a duration', () => {
  it.each<[unknown, number]>([
    ['250 ms', 250],
    ['90 s', 90_000],
    ['1.5min', 90_000],
    ['-2 h', -7_200_000],
    ['1 d', 86_400_000],
    [-0.5, -500],
    [0, 0],
  ])('may be %j', (value, expected) => expect(parse(value)).toBe(expected));

  it.each<[unknown]>([
    ['90'],
    ['90 sec'],
    ['90  s'],
    [' 90 s'],
    ['1 min 30 s'],
    ['.5 s'],
    ['1e3 s'],
    ['S'],
    ['90 S'],
    [''],
    ['25 h'],
    [86_401],
    [NaN],
    [Infinity],
    [true],
    [new Date(0)],
    [[1]],
  ])('is not %j', (value) => expect(parse(value)).toBeUndefined());

  it('is the same after formatting and parsing', () => {
    fc.assert(
      fc.property(fc.integer({ min: -86_400_000, max: 86_400_000 }), (value) => {
        expect(parse(formatDuration(value))).toBe(value);
      }),
    );
  });

  it.each([
    [0, '0 s'],
    [1_500, '1500 ms'],
    [90_000, '90 s'],
    [120_000, '2 min'],
    [172_800_000, '2 d'],
  ])('of %i ms is formatted as %s', (value, text) => expect(formatDuration(value)).toBe(text));
});

describe('the description of a duration', () => {
  it.each([
    [1, 86_400, 'a duration from 1 s to 1 d, such as "10 min" or 600'],
    [0.001, 60, 'a duration from 1 ms to 1 min, such as "1 min" or 60'],
  ])('from %d to %d s has a valid example', (minS, maxS, expects) => {
    expect(duration(minS, maxS).expects).toBe(expects);
  });
});

describe('a share', () => {
  it('accepts numbers within its limits', () => {
    const { schema, expects } = share(0, 0.95);
    expect([0, 0.5, 0.95, 0.96, -0.1, '0.5'].map((value) => schema.safeParse(value).success)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(expects).toBe('a fraction from 0 to 0.95');
  });
});
