/**
 * Kinds of protocol violations:
 * - `header`: wrong start bytes
 * - `length`: too short, too long, or inconsistent with the length field
 * - `checksum`: corrupted in transit
 * - `tag`: not encrypted with this key and counter
 * - `unsupported`: a XORed frame of an older scooter instead of the expected encrypted one
 * - `keystream`: a XORed frame that is longer than the known part of the keystream, or a keystream that cannot be determined
 * - `counter`: a frame counter outside 0…65535
 * - `range`: a value that its field cannot hold
 * - `private_key`: a scalar outside 1…n−1 of P-256
 * - `public_key`: not a point on P-256
 * - `parcel`: a parcel that is too large or that the peer rejected, or chunks that never arrived
 */
export type ProtocolErrorCode =
  | 'header'
  | 'length'
  | 'checksum'
  | 'tag'
  | 'unsupported'
  | 'keystream'
  | 'counter'
  | 'range'
  | 'private_key'
  | 'public_key'
  | 'parcel';

/** The only error thrown by the protocol layer. Its message never contains key material. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Throws a `length` error unless `bytes` is `expected` bytes long. */
export function requireLength(bytes: Buffer, expected: number, what: string): void {
  if (bytes.length !== expected) {
    throw new ProtocolError('length', `${what} must have ${expected} bytes, not ${bytes.length}`);
  }
}

/** The items that could be decoded. */
export function withoutErrors<Item>(decoded: readonly (Item | ProtocolError)[]): Item[] {
  return decoded.flatMap((item) => (item instanceof ProtocolError ? [] : [item]));
}
