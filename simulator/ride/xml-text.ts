/** Byte order marks, and the first character "<" without one, by the encoding that they tell. */
const FIRST_BYTES: readonly (readonly [bytes: readonly number[], encoding: string])[] = [
  [[0xff, 0xfe], 'utf-16le'],
  [[0xfe, 0xff], 'utf-16be'],
  [[0x3c, 0x00], 'utf-16le'],
  [[0x00, 0x3c], 'utf-16be'],
  [[0xef, 0xbb, 0xbf], 'utf-8'],
];
/** Length of what can precede the end of an XML declaration. */
const DECLARATION_BYTES = 200;
const DECLARED_ENCODING = /^<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']/;

/**
 * Decodes an XML document: by its first bytes, or else as it declares, or else as UTF-8. Invalid bytes become U+FFFD.
 * @throws RangeError for an encoding that is not known
 */
export function decodeXml(bytes: Uint8Array): string {
  const [, encoding] = FIRST_BYTES.find(([first]) => first.every((byte, i) => bytes[i] === byte)) ?? [];
  return new TextDecoder(encoding ?? declaredEncoding(bytes)).decode(bytes);
}

function declaredEncoding(bytes: Uint8Array): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARATION_BYTES));
  return DECLARED_ENCODING.exec(start)?.[1] ?? 'utf-8';
}
