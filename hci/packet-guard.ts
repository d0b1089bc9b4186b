import { AclFilter } from './acl-filter.ts';
import { filterEvent, MALFORMED, UNUSED, type UsedEvents, type FilterResult } from './event-filter.ts';
import type { OnLibraryProblem } from './library-problem.ts';
import { H4 } from './socket.ts';

/** Fixed L2CAP channels of an LE link (Bluetooth Core Vol 3 Part A, 2.1). */
export const L2CAP_CHANNEL = { att: 0x0004, signaling: 0x0005 } as const;

/** Size of the headers of commands and events, with the H4 packet type; their last byte is the length of the rest. */
const HEADER_BYTES = { command: 4, event: 3 } as const;

/** The part of noble's and bleno's bindings that receives packets. */
export interface GuardedBindings {
  readonly _hci: { onSocketData: (packet: Buffer) => void };
  onAclDataPkt: (handle: number, channel: number, data: Buffer) => void;
}

/** The packets that a library uses, and can parse. */
export interface UsedPackets extends UsedEvents {
  /** Commands of other hosts of the adapter: number of parameter bytes that the library reads, by opcode. */
  readonly commands: ReadonlyMap<number, number>;
  /** Whether the library can parse an L2CAP payload. */
  readonly isWellFormed: (channel: number, data: Buffer) => boolean;
}

/**
 * Drops packets that a library does not use or cannot parse, and catches what it throws at the others, which would end
 * the process. Call it before the library starts.
 */
export function guardPackets(
  bindings: GuardedBindings,
  used: UsedPackets,
  onProblem: OnLibraryProblem,
): void {
  const hci = bindings._hci;
  const onSocketData = hci.onSocketData.bind(hci);
  const acl = new AclFilter();
  hci.onSocketData = (received) => {
    const { packet, isMalformed } = filterPacket(received, used, acl);
    if (isMalformed)
      onProblem(received[0] === H4.event ? { kind: 'dropped', event: received } : { kind: 'dropped' });
    if (!packet) return;
    try {
      onSocketData(packet);
    } catch (error) {
      onProblem({ kind: 'threw', error });
    }
  };
  const onAclDataPkt = bindings.onAclDataPkt.bind(bindings);
  bindings.onAclDataPkt = (handle, channel, data) => {
    if (used.isWellFormed(channel, data)) onAclDataPkt(handle, channel, data);
    else onProblem({ kind: 'dropped' });
  };
}

function filterPacket(packet: Buffer, used: UsedPackets, acl: AclFilter): FilterResult {
  const type = packet[0];
  if (type === H4.acl) return acl.filter(packet);
  if (type === H4.event)
    return isComplete(packet, HEADER_BYTES.event) ? filterEvent(packet, used) : MALFORMED;
  if (type !== H4.command) return UNUSED;
  return isComplete(packet, HEADER_BYTES.command) ? filterCommand(packet, used) : MALFORMED;
}

function isComplete(packet: Buffer, headerBytes: number): boolean {
  const parameterBytes = packet[headerBytes - 1];
  return parameterBytes !== undefined && packet.length >= headerBytes + parameterBytes;
}

function filterCommand(packet: Buffer, { commands }: UsedPackets): FilterResult {
  const bytes = commands.get(packet.readUInt16LE(1));
  if (bytes === undefined) return UNUSED;
  return packet.length < HEADER_BYTES.command + bytes ? MALFORMED : { packet, isMalformed: false };
}
