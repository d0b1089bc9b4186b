import type { ValueKind } from './values.ts';

/** One key of the file. Without `default`, `derived` and `optional` it is required. Without `default`, `example` shows a value. */
export interface Key {
  /** Its name in the typed configuration, with the unit. */
  readonly field: string;
  readonly kind: ValueKind<unknown>;
  readonly about: string;
  /** As it is written in the file. */
  readonly default?: unknown;
  /** A default computed from a key above it in the section, or from one of another section; `rule` describes how. */
  readonly derived?: {
    readonly section?: string;
    readonly key: string;
    readonly from: (value: string) => string;
    readonly rule: string;
  };
  /** The key may be absent and has no default: the client works without what it configures. */
  readonly optional?: true;
  readonly example?: string;
  /** Its value is never repeated in a message. */
  readonly secret?: true;
}

/** One `[section]` of the file. */
export interface Section {
  readonly about: string;
  /** What follows if the section is missing: an error, its feature is disabled, or every key has its default. */
  readonly ifMissing: 'error' | 'disabled' | 'defaults';
  readonly keys: Readonly<Record<string, Key>>;
}

type ValueOf<K extends Key> = K['kind'] extends ValueKind<infer Value> ? Value : never;

type IsOptional<K extends Key> = K extends { readonly optional: true } ? true : false;

/** The typed values of some keys: under their field names, with the types of their kinds. */
export type Typed<Keys extends Readonly<Record<string, Key>>> = {
  readonly [Name in keyof Keys as IsOptional<Keys[Name]> extends true ? never : Keys[Name]['field']]: ValueOf<
    Keys[Name]
  >;
} & {
  readonly [
    Name in keyof Keys as IsOptional<Keys[Name]> extends true ? Keys[Name]['field'] : never
  ]?: ValueOf<Keys[Name]>;
};

/** Whether a key must be given if its section is there. */
export function isRequired(key: Key): boolean {
  return key.default === undefined && key.derived === undefined && key.optional === undefined;
}
