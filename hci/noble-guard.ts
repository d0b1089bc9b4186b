import { L2CAP_CHANNEL, guardAcl, type AclBindings } from './acl-guard.ts';

/** Fewest bytes of what noble reads further than it is long, by ATT opcode (Core Vol 3 Part F, 3.4). */
const MIN_ATT_BYTES: Readonly<Record<number, number>> = {
  0x01: 5, // Error Response
  0x03: 3, // Exchange MTU Response
  0x1b: 3, // Handle Value Notification
  0x1d: 3, // Handle Value Indication
};

/** How long entries of the lists may be that noble reads, by ATT opcode: the second byte of a list says it. */
const ENTRY_BYTES: Readonly<Record<number, (bytes: number) => boolean>> = {
  // Read By Type Response: the handle of a descriptor and its two bytes, or a declaration with a UUID at its end.
  0x09: (bytes) => bytes === 4 || bytes >= 7,
  // Read By Group Type Response: first and last handle, UUID.
  0x11: (bytes) => bytes >= 6,
};
const LIST_HEADER_BYTES = 2;

/** Find Information Response: handles with short UUIDs, in format 1, or with long ones. */
const INFORMATION = { opcode: 0x05, shortFormat: 1, shortBytes: 4, longBytes: 18 } as const;

/** Connection Parameter Update Request (Core Vol 3 Part A, 4.20), and the header of every signal. */
const PARAMETER_REQUEST = { code: 0x12, bytes: 12 } as const;
const SIGNAL_HEADER_BYTES = 4;

/**
 * Keeps from noble what it would throw at, or read for ever: packets of a peripheral that are cut short, lists whose
 * entries have no length, and pairing, which no scooter asks for. To be called before noble starts. What was to be
 * answered by such a packet misses its deadline.
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

/** Whether whole entries of that length stand behind the header, at least one. */
function isList({ length }: Buffer, entryBytes: number): boolean {
  return length > LIST_HEADER_BYTES && (length - LIST_HEADER_BYTES) % entryBytes === 0;
}

function isWellFormedSignal(data: Buffer): boolean {
  const isRequest = data[0] === PARAMETER_REQUEST.code;
  return data.length >= (isRequest ? PARAMETER_REQUEST.bytes : SIGNAL_HEADER_BYTES);
}
