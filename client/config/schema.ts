import type { Key, Section } from './key.ts';
import { log } from './keys/log.ts';
import { mqtt } from './keys/mqtt.ts';
import { outbox } from './keys/outbox.ts';
import { scooter } from './keys/scooter.ts';
import { serial } from './keys/serial.ts';
import type { ValueKind } from './values.ts';

/** The only place that knows a key: the checks, the types, the example file and the documentation come from it. */
export const SECTIONS = { mqtt, scooter, serial, outbox, log } as const satisfies Record<string, Section>;

/** Name of a section in the file and in the typed configuration. */
export type SectionName = keyof typeof SECTIONS;

type KeysOf<Name extends SectionName> = (typeof SECTIONS)[Name]['keys'];

type ValueAt<K extends Key> = K['kind'] extends ValueKind<infer Value> ? Value : never;

type IsOptional<K extends Key> = K extends { readonly optional: true } ? true : false;

/** What the values of some keys become: under their typed names, in the types that their kinds make of them. */
export type Typed<Keys extends Readonly<Record<string, Key>>> = {
  readonly [Name in keyof Keys as IsOptional<Keys[Name]> extends true ? never : Keys[Name]['field']]: ValueAt<
    Keys[Name]
  >;
} & {
  readonly [
    Name in keyof Keys as IsOptional<Keys[Name]> extends true ? Keys[Name]['field'] : never
  ]?: ValueAt<Keys[Name]>;
};

type Optional<Name extends SectionName> = (typeof SECTIONS)[Name]['absence'] extends 'off' ? Name : never;

/** The configuration as the client uses it: every default filled in, every path absolute, units in the names. */
export type Config = {
  readonly [Name in SectionName as Exclude<Name, Optional<Name>>]: Typed<KeysOf<Name>>;
} & {
  readonly [Name in SectionName as Optional<Name>]?: Typed<KeysOf<Name>>;
};

/** Values that take precedence over the file's, under the names and in the units of the file. */
export type Overrides = {
  readonly [Name in SectionName]?: { readonly [KeyName in keyof KeysOf<Name>]?: unknown } | undefined;
};
