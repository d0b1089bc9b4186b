import type { ValueKind } from './values.ts';

/** One key of the file. Without `default`, `derived` and `optional` it has to be given, and `example` shows how. */
export interface Key {
  /** Its name in the typed configuration, with the unit. */
  readonly field: string;
  readonly kind: ValueKind<unknown>;
  readonly about: string;
  readonly default?: string | number | boolean;
  /** A default that follows from a key above it in the section, and how that is told. */
  readonly derived?: {
    readonly key: string;
    readonly from: (value: string) => string;
    readonly rule: string;
  };
  /** It has neither a default nor to be given: what it configures is done without. */
  readonly optional?: true;
  readonly example?: string;
  /** Its value is never repeated in a message. */
  readonly secret?: true;
}

/** One `[section]` of the file. */
export interface Section {
  readonly about: string;
  /** What it means that the section is not there: a mistake, its subject is off, or every key has its default. */
  readonly absence: 'mistake' | 'off' | 'defaults';
  readonly keys: Readonly<Record<string, Key>>;
}

/** Whether a key has to be given wherever its section stands. */
export function isRequired(key: Key): boolean {
  return key.default === undefined && key.derived === undefined && key.optional === undefined;
}
