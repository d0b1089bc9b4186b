import type { Section, Typed } from './key.ts';
import { log } from './keys/log.ts';
import { mqtt } from './keys/mqtt.ts';
import { outbox } from './keys/outbox.ts';
import { scooter } from './keys/scooter.ts';
import { serial } from './keys/serial.ts';

/** The only list of the keys: validation, types and the example file are derived from it. */
export const SECTIONS = { mqtt, scooter, serial, outbox, log } as const satisfies Record<string, Section>;

/** Name of a section in the file and in the typed configuration. */
export type SectionName = keyof typeof SECTIONS;

type KeysOf<Name extends SectionName> = (typeof SECTIONS)[Name]['keys'];

type Optional<Name extends SectionName> = (typeof SECTIONS)[Name]['ifMissing'] extends 'disabled'
  ? Name
  : never;

/** The configuration as the client uses it: every default filled in, every path absolute, units in the names. */
export type Config = {
  readonly [Name in SectionName as Exclude<Name, Optional<Name>>]: Typed<KeysOf<Name>>;
} & {
  readonly [Name in SectionName as Optional<Name>]?: Typed<KeysOf<Name>>;
};

/** Values that take precedence over those of the file, under the names and in the units of the file. */
export type Overrides = {
  readonly [Name in SectionName]?: { readonly [KeyName in keyof KeysOf<Name>]?: unknown } | undefined;
};
