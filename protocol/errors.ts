/**
 * What is wrong with bytes or values that break the protocol:
 * - `header`: they do not begin as this format does
 * - `length`: too short, too long, or their length field disagrees with them
 * - `checksum`: they were damaged on the way
 * - `tag`: they were not sealed with this key, counter or at all
 * - `unsupported`: a frame of older scooters, whose encryption is not spoken here
 * - `counter`: a frame counter outside 0…65535
 * - `range`: a value that its field cannot hold
 * - `private_key`: a scalar outside 1…n−1 of P-256
 * - `public_key`: not a point on P-256
 * - `parcel`: a parcel that the peer, or its size, forbids; or chunks that never came
 */
export type ProtocolErrorCode =
  | 'header'
  | 'length'
  | 'checksum'
  | 'tag'
  | 'unsupported'
  | 'counter'
  | 'range'
  | 'private_key'
  | 'public_key'
  | 'parcel';

/** The only error that this room throws. Its message never contains key material. */
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
    throw new ProtocolError('length', `${what} has ${bytes.length} bytes instead of ${expected}`);
  }
}
