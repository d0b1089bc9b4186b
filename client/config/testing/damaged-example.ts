import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { SECTIONS } from '../schema.ts';
import { plainValues, slipsOf } from './slip-arbitrary.ts';
import type { Key, Section } from '../key.ts';

/** The example that every installation starts from. */
export const EXAMPLE_TEXT = readFileSync(new URL('../../../martinete.toml', import.meta.url), 'utf8');

const lines = EXAMPLE_TEXT.split('\n');

/** Lines of keys, right or with a slip, so that keys that are added later are attacked as well. */
const keyLine: fc.Arbitrary<string> = fc
  .constantFrom(...Object.values<Section>(SECTIONS).flatMap(({ keys }) => Object.entries<Key>(keys)))
  .chain(([name, key]) =>
    fc.oneof(
      slipsOf(name, key).map(({ text }) => text),
      fc.constantFrom(...plainValues(key)).map((value) => `${name} = ${JSON.stringify(value)}`),
    ),
  );

/** What may be inserted by mistake. */
const scrap: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom(...Array.from('[]{}="\'.,#\n\r\t\\-+:0\u2028\u001b\u202e')),
  fc.constantFrom('"""', '__proto__', 'constructor', '[[mqtt]]', 'mqtt.x = 1\n'),
  fc.constantFrom(...lines.map((line) => line.replace(/^#/, ''))).map((line) => `\n${line}\n`),
  keyLine.map((line) => `\n${line}\n`),
);

/** Replacement of a part of the example. */
export interface Damage {
  readonly at: number;
  readonly length: number;
  readonly scrap: string;
}

export const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.record({ at: fc.nat(EXAMPLE_TEXT.length), length: fc.nat(40), scrap }),
  { minLength: 1, maxLength: 6 },
);

/** A text with all damages, one after the other. */
export function withDamages(damages: readonly Damage[], text = EXAMPLE_TEXT): string {
  return damages.reduce(
    (all, { at, length, scrap: put }) => all.slice(0, at) + put + all.slice(at + length),
    text,
  );
}
