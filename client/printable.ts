/**
 * Characters that a terminal or a reader does not see as what they are: control characters, characters without width such
 * as U+200B, those that change the direction of writing such as U+202E, line separators, and unassigned ones.
 */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const MAX_BYTE = 0xff;

/** Text from outside with invisible characters escaped, line breaks included. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code <= MAX_BYTE ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
