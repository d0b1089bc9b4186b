/**
 * Opcodes on UPNP, four bytes little-endian (values from the MiAuth SDK, names ours). The app starts and commits a
 * procedure, the scooter replies with a result; the rest of a registration or login is parcels on AVDTP.
 */
export const UPNP = {
  registerStartWithCertificates: 0x10,
  registered: 0x11,
  registrationFailed: 0x12,
  registerConfirm: 0x13,
  registerAbort: 0x14,
  registerStart: 0x15,
  loginStartWithoutRandom: 0x20,
  loggedIn: 0x21,
  /** The app used a token that the scooter does not have. */
  wrongToken: 0x22,
  loginFailed: 0x23,
  loginStart: 0x24,
  deviceInfo: 0xa2,
  /** Sent by the official app as a single byte; optional. */
  linkParameters: 0xa4,
  notRegistered: 0xe0,
  alreadyRegistered: 0xe1,
  repeatedLogin: 0xe2,
  invalidOutOfBand: 0xe3,
} as const;

export type UpnpOpcode = keyof typeof UPNP;

const OPCODE_BYTES = 4;

const names = new Map<number, UpnpOpcode>(
  (Object.keys(UPNP) as UpnpOpcode[]).map((opcode) => [UPNP[opcode], opcode]),
);

/** Encodes an opcode in four bytes. */
export function encodeUpnp(opcode: UpnpOpcode): Buffer {
  const bytes = Buffer.alloc(OPCODE_BYTES);
  bytes.writeUInt32LE(UPNP[opcode]);
  return bytes;
}

/** Decodes an opcode of four bytes, or of one; undefined if it is unknown. */
export function decodeUpnp(bytes: Buffer): UpnpOpcode | undefined {
  if (bytes.length !== OPCODE_BYTES && bytes.length !== 1) return undefined;
  return names.get(bytes.readUIntLE(0, bytes.length));
}
