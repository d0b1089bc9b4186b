import { describe, expect, it } from 'vitest';
import { count, hoursMinutesSeconds, moment, speed } from './units.ts';

describe('figures in reports', () => {
  it('tell a moment to the millisecond, beyond a day in hours', () => {
    expect(moment(0)).toBe('0:00:00.000');
    expect(moment(3_723_004)).toBe('1:02:03.004');
    expect(moment(90_061_999.9)).toBe('25:01:01.999');
    expect(hoursMinutesSeconds(59_999)).toBe('0:00:59');
  });

  it('tell one from many', () => {
    expect(count(1, 'seed')).toBe('1 seed');
    expect(count(1_200, 'seed')).toBe('1,200 seeds');
  });

  it('tell no speed where no time has passed', () => {
    expect(speed(60_000, 0)).toBe('–');
    expect(speed(60_000, 7.5)).toBe('8,000 ×');
  });
});
