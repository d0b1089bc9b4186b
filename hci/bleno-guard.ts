import {
  BUFFER_SIZE,
  COMMAND,
  COMPLETED_PACKETS,
  DISCONNECTION,
  EVENT,
  leBufferSize,
  SUBEVENT,
  UNUSED,
  type Used,
} from './event-filter.ts';
import type { OnLibraryProblem } from './library-problem.ts';
import { guardPackets, L2CAP_CHANNEL, type GuardedBindings, type UsedPackets } from './packet-guard.ts';

/** Minimum sizes of requests whose length bleno does not check, by ATT opcode (Core Vol 3 Part F, 3.4). */
const MIN_REQUEST_BYTES: Readonly<Record<number, number>> = {
  0x02: 3, // Exchange MTU
  0x04: 5, // Find Information
  0x06: 8, // Find By Type Value, with a value
  0x08: 7, // Read By Type
  0x0a: 3, // Read
  0x0c: 5, // Read Blob
  0x10: 7, // Read By Group Type
  0x12: 3, // Write
  0x16: 5, // Prepare Write
  0x52: 3, // Write Command
};

/** Status, handle and role in an LE Connection Complete event, by offset in the packet. */
const CONNECTION = { statusAt: 4, roleAt: 7, peripheral: 1 } as const;

const CONNECTION_COMPLETE: Used = {
  bytes: 19,
  // bleno would take a failed connection, or one as a central, for its link.
  check: (packet) => {
    const isLink = packet[CONNECTION.statusAt] === 0 && packet[CONNECTION.roleAt] === CONNECTION.peripheral;
    return isLink ? { packet, isMalformed: false } : UNUSED;
  },
};

/** What bleno uses. Not among it: Encryption Change, because it does not pair. */
const USED: UsedPackets = {
  events: new Map<number, Used>([
    [EVENT.disconnectionComplete, DISCONNECTION],
    [EVENT.numberOfCompletedPackets, COMPLETED_PACKETS],
  ]),
  leEvents: new Map<number, Used>([
    [SUBEVENT.connectionComplete, CONNECTION_COMPLETE],
    [SUBEVENT.connectionUpdateComplete, { bytes: 10 }],
  ]),
  replies: new Map<number, Used>([
    [COMMAND.reset, { bytes: 0 }],
    [COMMAND.readLeHostSupport, { bytes: 2 }],
    [COMMAND.readLocalVersion, { bytes: 8 }],
    [COMMAND.readBufferSize, BUFFER_SIZE],
    [COMMAND.readAddress, { bytes: 6 }],
    [COMMAND.readRssi, { bytes: 3 }],
    [COMMAND.readLeBufferSize, leBufferSize({ numberZero: false })],
    [COMMAND.setAdvertisingParameters, { bytes: 0 }],
    [COMMAND.setAdvertisingData, { bytes: 0 }],
    [COMMAND.setScanResponseData, { bytes: 0 }],
    [COMMAND.setAdvertisingEnable, { bytes: 0 }],
  ]),
  commands: new Map(),
  isWellFormed: (channel, data) => {
    // bleno ignores signaling, which is the response to a request for connection parameters.
    if (channel === L2CAP_CHANNEL.signaling) return true;
    const [opcode] = data;
    return (
      channel === L2CAP_CHANNEL.att && opcode !== undefined && data.length >= (MIN_REQUEST_BYTES[opcode] ?? 1)
    );
  },
};

/**
 * Drops packets at which bleno would throw, which would end the process: truncated packets, and pairing, where bleno
 * checks neither lengths nor order. A central gets no reply to them. Whatever bleno throws nevertheless is reported.
 * Call it before bleno starts.
 */
export function guardBleno(bindings: GuardedBindings, onProblem: OnLibraryProblem): void {
  guardPackets(bindings, USED, onProblem);
}
