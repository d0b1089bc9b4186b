/** A number that is always written with a decimal point, such as 176.0. */
class Decimal {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * Marks a number that may have a fraction. JSON.stringify would write 176 and 175.8, which consumers that take the type
 * from the text store as an integer and as a float.
 */
export function decimal(value: number): Decimal {
  return new Decimal(value);
}

/** What `toJson` encodes; a property that is undefined is left out. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | Decimal
  | { readonly [name: string]: JsonValue | undefined };

/** Encodes a value as JSON, in one line. */
export function toJson(value: JsonValue): string {
  if (value instanceof Decimal) return decimalText(value.value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  for (const name of Object.keys(value)) {
    const property = value[name];
    if (property !== undefined) text += `${text && ','}${JSON.stringify(name)}:${toJson(property)}`;
  }
  return `{${text}}`;
}

function decimalText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
