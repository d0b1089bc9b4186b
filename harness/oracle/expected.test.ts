import { expect, it } from 'vitest';
import { exactly, fits } from './expected.ts';

it('accepts a number within the tolerance only', () => {
  const expected = { value: 4.2, tolerance: 0.05 };
  expect(fits(expected, 4.24)).toBe(true);
  expect(fits(expected, 4.26)).toBe(false);
  expect(fits(expected, null)).toBe(false);
  expect(fits(expected, '4.2')).toBe(false);
  expect(fits(expected, Number.NaN)).toBe(false);
});

it('tells null, false and 0 apart', () => {
  for (const value of [null, false, 0]) {
    for (const published of [null, false, 0, undefined, '']) {
      expect(fits(exactly(value), published)).toBe(published === value);
    }
  }
});

it('accepts anything in place of an unknown value', () => {
  expect(fits('unknown', null)).toBe(true);
  expect(fits('unknown', 12)).toBe(true);
});
