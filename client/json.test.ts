import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, toJson, type JsonValue } from './json.ts';

describe('JSON with decimal numbers', () => {
  it.each([
    [176, '176.0'],
    [0, '0.0'],
    [-0, '0.0'],
    [-3, '-3.0'],
    [175.8, '175.8'],
    [1e-7, '1e-7'],
    [1e21, '1e+21'],
    [NaN, 'null'],
    [Infinity, 'null'],
  ])('has %d as %s', (value, text) => {
    expect(toJson(decimal(value))).toBe(text);
  });

  it('has any number as a float of the same value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = toJson({ value: decimal(value) });
        expect(text).toMatch(/:-?\d+(\.\d+)?(e[+-]?\d+)?\}$/);
        expect(text).toMatch(/[.e]/);
        expect(JSON.parse(text)).toEqual({ value: value + 0 });
      }),
    );
  });

  it('has everything else as JSON.stringify writes it', () => {
    const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(true, false, null, undefined),
        fc.integer(),
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), tie('value')),
      ) as fc.Arbitrary<JsonValue>,
    }));
    fc.assert(
      fc.property(value, (property) => {
        expect(toJson({ property })).toBe(JSON.stringify({ property }));
      }),
    );
  });
});
