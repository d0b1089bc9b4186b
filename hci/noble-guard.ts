import { L2CAP_CHANNEL, guardAcl, type AclBindings } from './acl-guard.ts';

/** Minimum sizes of PDUs whose length noble does not check, by ATT opcode (Core Vol 3 Part F, 3.4). */
const MIN_ATT_BYTES: Readonly<Record<number, number>> = {
  0x01: 5, // Error Response
  0x03: 3, // Exchange MTU Response
  0x1b: 3, // Handle Value Notification
  0x1d: 3, // Handle Value Indication
};

/** Valid entry sizes of the lists that noble parses, by ATT opcode; the second byte of a list is its entry size. */
const ENTRY_BYTES: Readonly<Record<number, (bytes: number) => boolean>> = {
  // Read By Type Response: a descriptor's handle and two-byte value, or a declaration that ends in a UUID.
  0x09: (bytes) => bytes === 4 || bytes >= 7,
  // Read By Group Type Response: start handle, end handle, UUID.
  0x11: (bytes) => bytes >= 6,
};
const LIST_HEADER_BYTES = 2;

/** Find Information Response: handles with 16-bit UUIDs in format 1, with 128-bit UUIDs otherwise. */
const INFORMATION = { opcode: 0x05, shortFormat: 1, shortBytes: 4, longBytes: 18 } as const;

/** Connection Parameter Update Request (Core Vol 3 Part A, 4.20). */
const PARAMETER_REQUEST = { code: 0x12, bytes: 12 } as const;
const SIGNAL_HEADER_BYTES = 4;

/**
 * Drops packets of a peripheral at which noble would throw or loop forever: truncated packets, lists with entries of
 * size zero, and pairing, which scooters do not use. A request whose response is dropped times out. Call it before
 * noble starts.
 */
export function guardNoble(bindings: AclBindings): void {
  guardAcl(bindings, (channel, data) => {
    if (channel === L2CAP_CHANNEL.att) return isWellFormedAtt(data);
    return channel === L2CAP_CHANNEL.signaling && isWellFormedSignal(data);
  });
}

function isWellFormedAtt(data: Buffer): boolean {
  const [opcode, second] = data;
  if (opcode === undefined) return false;
  if (opcode === INFORMATION.opcode) {
    return isList(data, second === INFORMATION.shortFormat ? INFORMATION.shortBytes : INFORMATION.longBytes);
  }
  const isEntry = ENTRY_BYTES[opcode];
  if (!isEntry) return data.length >= (MIN_ATT_BYTES[opcode] ?? 1);
  return second !== undefined && isEntry(second) && isList(data, second);
}

/** Whether the header is followed by at least one entry, all of them complete. */
function isList({ length }: Buffer, entryBytes: number): boolean {
  return length > LIST_HEADER_BYTES && (length - LIST_HEADER_BYTES) % entryBytes === 0;
}

function isWellFormedSignal(data: Buffer): boolean {
  const isRequest = data[0] === PARAMETER_REQUEST.code;
  return data.length >= (isRequest ? PARAMETER_REQUEST.bytes : SIGNAL_HEADER_BYTES);
}
