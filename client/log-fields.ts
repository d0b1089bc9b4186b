/** Units by the last word of a field's name. */
const UNITS: Readonly<Record<string, string>> = { s: 's', ms: 'ms', percent: '%' };

/** Formats the fields of a log event for people: `everyS: 5` as "every 5 s". Empty without fields. */
export function formatFields(fields: Readonly<Record<string, unknown>>): string {
  const shown = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [formatField(name, value)],
  );
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`;
}

function formatField(name: string, value: unknown): string {
  // An error explains itself.
  if (name === 'err') return formatValue(value);
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(' ');
  const unit = typeof value === 'number' && words.length > 1 ? UNITS[words.at(-1) ?? ''] : undefined;
  const label = (unit === undefined ? words : words.slice(0, -1)).join(' ');
  return [label, formatValue(value), unit].filter((part) => part !== undefined).join(' ');
}

function formatValue(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (value === null) return 'none';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
