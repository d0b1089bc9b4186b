import fc from 'fast-check';
import type { Key } from '../key.ts';

/** A line of a file with a slip that people make, or two lines. */
export interface Slip {
  readonly name: string;
  readonly key: string;
  readonly text: string;
}

/** Values of a key, as the typed configuration's authors would write them, without quotes. */
export function plainValues({ kind, example, default: byDefault }: Key): readonly string[] {
  const given = [example, byDefault, ...(kind.choices ?? []), ...(kind.range ?? [])];
  return given.filter((value) => typeof value === 'string' || typeof value === 'number').map(String);
}

/** Slips in a line whose value is a text. */
const TEXT_SLIPS: Readonly<Record<string, (key: string, value: string) => string>> = {
  'no quotes': (key, value) => `${key} = ${value}`,
  'no quotes, and a comment': (key, value) => `${key} = ${value} # mine`,
  'no spaces and no quotes': (key, value) => `${key}=${value}`,
  'curly quotes': (key, value) => `${key} = “${value}”`,
  'low and high quotes': (key, value) => `${key} = „${value}“`,
  'single curly quotes': (key, value) => `${key} = ‘${value}’`,
  'angle quotes': (key, value) => `${key} = «${value}»`,
  backquotes: (key, value) => `${key} = \`${value}\``,
  'one curly quote': (key, value) => `${key} = "${value}”`,
  'no closing quote': (key, value) => `${key} = "${value}`,
  'no closing single quote': (key, value) => `${key} = '${value}`,
  'no opening quote': (key, value) => `${key} = ${value}"`,
  'two kinds of quotes': (key, value) => `${key} = '${value}"`,
  'a colon': (key, value) => `${key}: "${value}"`,
  'a colon and no quotes': (key, value) => `${key}: ${value}`,
  'two equal signs': (key, value) => `${key} == "${value}"`,
  'no equal sign': (key, value) => `${key} "${value}"`,
  'a semicolon': (key, value) => `${key} = "${value}";`,
  'a comma': (key, value) => `${key} = "${value}",`,
  'a comment of another language': (key, value) => `${key} = "${value}" // mine`,
  'a space that does not break': (key, value) => `${key}\u00a0= "${value}"`,
  'a zero-width space': (key, value) => `${key} = \u200b"${value}"`,
  'given twice': (key, value) => `${key} = "${value}"\n${key} = "${value}"`,
  'no value': (key) => `${key} =`,
};

/** Slips in a line whose value is a number. */
const NUMBER_SLIPS: Readonly<Record<string, (key: string, value: string) => string>> = {
  quotes: (key, value) => `${key} = "${value}"`,
  'curly quotes': (key, value) => `${key} = “${value}”`,
  'a unit': (key, value) => `${key} = ${value} s`,
  'a unit without a space': (key, value) => `${key} = ${value}s`,
  'a colon': (key, value) => `${key}: ${value}`,
  'no equal sign': (key, value) => `${key} ${value}`,
  'a semicolon': (key, value) => `${key} = ${value};`,
  'a decimal comma': (key, value) => `${key} = ${value},0`,
  'a leading zero': (key, value) => `${key} = 0${value}`,
  'a comment of another language': (key, value) => `${key} = ${value} // mine`,
  'a space that does not break': (key, value) => `${key} =\u00a0${value}`,
  'given twice': (key, value) => `${key} = ${value}\n${key} = ${value}`,
  'no value': (key) => `${key} =`,
};

/** Slips in the line of a key. */
export function slipsOf(name: string, key: Key): fc.Arbitrary<Slip> {
  const values = plainValues(key);
  const isText = key.kind.schema.safeParse(values[0]).success;
  const slips = Object.entries(isText ? TEXT_SLIPS : NUMBER_SLIPS);
  return fc
    .record({
      slip: fc.constantFrom(...slips),
      value: fc.constantFrom(...values),
      indent: fc.constantFrom('', '  '),
    })
    .map(({ slip: [slip, write], value, indent }) => ({
      name: slip,
      key: name,
      text: indent + write(name, value),
    }));
}
