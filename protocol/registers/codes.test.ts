import { expect, it } from 'vitest';
import { ERRORS } from './codes.ts';

it.each([
  [36, /battery.*temperature/],
  [41, /version.*Bluetooth/],
  [42, /serial number.*motor controller/],
])('names error %i', (code, meaning) => {
  expect(ERRORS.get(code)).toMatch(meaning);
});
