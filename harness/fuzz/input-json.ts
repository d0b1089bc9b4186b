/** How a buffer is written: as an object with this key alone. */
const HEX = 'hex';

/** Encodes an input as JSON, with buffers in hexadecimal digits. */
export function formatInput(input: unknown): string {
  return JSON.stringify(encode(input));
}

/** Replaces buffers by what JSON can hold. */
export function encode(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { [HEX]: value.toString('hex') };
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encode(each)]));
}

/** Reverses `encode`. */
export function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[key, digits] = []] = entries;
  if (entries.length === 1 && key === HEX && typeof digits === 'string') return Buffer.from(digits, 'hex');
  return Object.fromEntries(entries.map(([name, each]) => [name, decode(each)]));
}

/** Copies an input as `decode` would return it: its objects have the usual prototype, which fast-check's have not. */
export function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) copy[key] = plain(each);
  return copy;
}
