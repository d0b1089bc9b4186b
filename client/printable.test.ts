import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('text from outside', () => {
  it.each([
    ['MIScooter1234', 'MIScooter1234'],
    ['señal ✓ 滑板车', 'señal ✓ 滑板车'],
    ['\x1b[2J\x07', '\\x1b[2J\\x07'],
    ['a\r\nb\tc\0', 'a\\x0d\\x0ab\\x09c\\x00'],
    ['\x7f\x9b31m', '\\x7f\\x9b31m'],
  ])('has no control characters for a terminal: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});
