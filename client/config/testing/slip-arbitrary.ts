import fc from 'fast-check';
import type { Key } from '../key.ts';

/** A line of a file with a slip that people make, or two lines. */
export interface Slip {
  readonly name: string;
  readonly key: string;
  readonly text: string;
  /** What the line was meant to say: a text, or a number in digits. */
  readonly value: string;
}

/** Values of a key, as the typed configuration's authors would write them, without quotes. */
export function plainValues({ kind, example, default: byDefault }: Key): readonly string[] {
  const given = [example, byDefault, ...(kind.range ?? kind.choices ?? [])];
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

/** Texts that TOML reads as something else without quotes: numbers, dates, times, booleans. */
const LOOKALIKES: fc.Arbitrary<string> = fc.oneof(
  fc.stringMatching(/^[1-9][0-9]{11}$/),
  fc.stringMatching(/^[0-9]{12}$/),
  fc
    .tuple(fc.stringMatching(/^[0-9]{1,10}$/), fc.stringMatching(/^[0-9]{10}$/))
    .map(([mantissa, exponent]) => `${mantissa}e${exponent}`.slice(0, 12)),
  fc.stringMatching(/^0b[01]{10}$/),
  fc.stringMatching(/^[+-]?[1-9][0-9]{0,2}(_[0-9]{3})?(\.[0-9]{1,3})?$/),
  fc.stringMatching(/^0x[0-9a-f]{1,8}$/),
  fc.stringMatching(/^2026-0[1-9]-[12][0-9]([T ]0[0-9]:[0-5][0-9]:[0-5][0-9]Z?)?$/),
  fc.stringMatching(/^0[0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9])?$/),
  fc.constantFrom('inf', '-inf', 'nan', 'true', 'false'),
);

/** Slips in the line of a key. */
export function slipsOf(name: string, key: Key): fc.Arbitrary<Slip> {
  const values = plainValues(key);
  const isText = key.kind.schema.safeParse(values[0]).success;
  const slips = Object.entries(isText ? TEXT_SLIPS : NUMBER_SLIPS);
  const lookalikes = LOOKALIKES.filter((text) => key.kind.schema.safeParse(text).success);
  const mayLookAlike =
    isText && key.kind.choices === undefined && key.kind.schema.safeParse('c8f09e000001').success;
  return fc
    .record({
      slip: fc.constantFrom(...slips),
      value: mayLookAlike ? fc.oneof(fc.constantFrom(...values), lookalikes) : fc.constantFrom(...values),
      indent: fc.constantFrom('', '  '),
    })
    .map(({ slip: [slip, write], value, indent }) => ({
      name: slip,
      key: name,
      text: indent + write(name, value),
      value,
    }));
}
