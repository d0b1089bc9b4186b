import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from './printable.ts';

describe('text from outside', () => {
  it.each([
    ['MIScooter1234', 'MIScooter1234'],
    ['señal ✓ 滑板车', 'señal ✓ 滑板车'],
    ['\x1b[2J\x07', '\\x1b[2J\\x07'],
    ['a\r\nb\tc\0', 'a\\x0d\\x0ab\\x09c\\x00'],
    ['\x7f\x9b31m', '\\x7f\\x9b31m'],
    ['\u202emoc.rehto', '\\u{202e}moc.rehto'],
    ['\u2067a\u2069', '\\u{2067}a\\u{2069}'],
    ['MI\u200bScooter\ufeff', 'MI\\u{200b}Scooter\\u{feff}'],
    ['a\u2028b\u2029c\xad', 'a\\u{2028}b\\u{2029}c\\xad'],
    ['\u3164\u034f\u{e0041}', '\\u{3164}\\u{34f}\\u{e0041}'],
    ['\ud800', '\\u{d800}'],
  ])('has no control characters for a terminal: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('has no character that is invisible, reorders others or is unassigned, whatever it is', () => {
    const character = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));
    fc.assert(
      fc.property(fc.array(character), (characters) => {
        const shown = printable(characters.join(''));
        expect(shown).not.toMatch(
          /[\p{Bidi_Control}\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}]/u,
        );
        expect(shown).not.toMatch(/[\n\u2028\u2029]/);
      }),
    );
  });
});
