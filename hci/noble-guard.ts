import { filterReports } from './advertising-reports.ts';
import {
  BUFFER_SIZE,
  COMMAND,
  COMPLETED_PACKETS,
  DISCONNECTION,
  EVENT,
  leBufferSize,
  SUBEVENT,
  type Used,
} from './event-filter.ts';
import type { OnLibraryProblem } from './library-problem.ts';
import { guardPackets, L2CAP_CHANNEL, type GuardedBindings, type UsedPackets } from './packet-guard.ts';

const REPORTS: Used = {
  bytes: 2,
  check: (packet) => {
    const { bytes, isMalformed } = filterReports(packet);
    return { packet: bytes, isMalformed };
  },
};

/**
 * What noble uses. Not among it: Encryption Change, at which it throws unless it waits for a reply, and everything that
 * has to do with extended advertising, which would make it use other commands.
 */
const USED: UsedPackets = {
  events: new Map<number, Used>([
    [EVENT.disconnectionComplete, DISCONNECTION],
    [EVENT.commandStatus, { bytes: 4 }],
    [EVENT.numberOfCompletedPackets, COMPLETED_PACKETS],
  ]),
  leEvents: new Map<number, Used>([
    [SUBEVENT.connectionComplete, { bytes: 19 }],
    [SUBEVENT.advertisingReport, REPORTS],
    [SUBEVENT.connectionUpdateComplete, { bytes: 10 }],
    [SUBEVENT.enhancedConnectionComplete, { bytes: 31 }],
  ]),
  replies: new Map<number, Used>([
    [COMMAND.reset, { bytes: 0 }],
    [COMMAND.readLeHostSupport, { bytes: 2 }],
    [COMMAND.readLocalVersion, { bytes: 8 }],
    [COMMAND.readBufferSize, BUFFER_SIZE],
    [COMMAND.readAddress, { bytes: 6 }],
    [COMMAND.readRssi, { bytes: 3 }],
    [COMMAND.readLeBufferSize, leBufferSize({ numberZero: true })],
    [COMMAND.setScanParameters, { bytes: 0 }],
    [COMMAND.setScanEnable, { bytes: 0 }],
  ]),
  commands: new Map([[COMMAND.setScanEnable, 2]]),
  isWellFormed: (channel, data) =>
    channel === L2CAP_CHANNEL.att
      ? isWellFormedAtt(data)
      : channel === L2CAP_CHANNEL.signaling && isWellFormedSignal(data),
};

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

/** noble's bindings, whose functions that send packets are asynchronous. */
export interface NobleBindings extends GuardedBindings {
  readonly _hci: GuardedBindings['_hci'] & {
    flushAcl: () => Promise<void>;
    writeAclDataPkt: (handle: number, channel: number, data: Buffer) => Promise<void>;
  };
}

/**
 * Drops packets at which noble would throw or loop forever: truncated packets, lists with entries of size zero, and
 * pairing, which scooters do not use. A request whose response is dropped times out. Whatever noble throws nevertheless
 * is reported, also later, if it sends on a connection that has ended. Call it before noble starts.
 */
export function guardNoble(bindings: NobleBindings, onProblem: OnLibraryProblem): void {
  guardPackets(bindings, USED, onProblem);
  const hci = bindings._hci;
  const onError = (error: unknown): void => onProblem({ kind: 'threw', error });
  const flush = hci.flushAcl.bind(hci);
  hci.flushAcl = () => flush().catch(onError);
  const write = hci.writeAclDataPkt.bind(hci);
  hci.writeAclDataPkt = (...packet) => write(...packet).catch(onError);
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
