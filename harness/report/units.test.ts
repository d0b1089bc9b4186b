import { describe, expect, it } from 'vitest';
import { formatCount, formatHms, formatTimestamp, formatSpeed } from './units.ts';

describe('numbers in reports', () => {
  it('show a time to the millisecond, beyond a day in hours', () => {
    expect(formatTimestamp(0)).toBe('0:00:00.000');
    expect(formatTimestamp(3_723_004)).toBe('1:02:03.004');
    expect(formatTimestamp(90_061_999.9)).toBe('25:01:01.999');
    expect(formatHms(59_999)).toBe('0:00:59');
  });

  it('use the singular and the plural', () => {
    expect(formatCount(1, 'seed')).toBe('1 seed');
    expect(formatCount(1_200, 'seed')).toBe('1,200 seeds');
  });

  it('show no speed if no time has passed', () => {
    expect(formatSpeed(60_000, 0)).toBe('–');
    expect(formatSpeed(60_000, 7.5)).toBe('8,000 ×');
  });
});
