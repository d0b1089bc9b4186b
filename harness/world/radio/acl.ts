import { H4 } from '../../../hci/socket.ts';

/** Packet type, handle with flags, length. */
const ACL_HEADER_BYTES = 5;
const HANDLE_MASK = 0x0fff;
/**
 * Packet boundary and broadcast flags (Bluetooth Core Vol 4 Part E, 5.4.2). Some hosts mark a start as a controller
 * does. The other values are for BR/EDR.
 */
const FLAG = { startFromHost: 0b0000, continuation: 0b0001, startFromController: 0b0010 } as const;
const FLAGS_SHIFT = 12;
const FROM_HOST: readonly number[] = Object.values(FLAG);

/** A fragment of an L2CAP packet, as it crosses the air. */
export interface Fragment {
  readonly isContinuation: boolean;
  readonly data: Buffer;
}

/** Decodes an ACL packet of a host; returns undefined if its length or its flags are invalid. */
export function decodeAcl(packet: Buffer): { handle: number; fragment: Fragment } | undefined {
  if (packet.length < ACL_HEADER_BYTES || packet.length !== ACL_HEADER_BYTES + packet.readUInt16LE(3))
    return undefined;
  const head = packet.readUInt16LE(1);
  const flags = head >> FLAGS_SHIFT;
  if (!FROM_HOST.includes(flags)) return undefined;
  return {
    handle: head & HANDLE_MASK,
    fragment: { isContinuation: flags === FLAG.continuation, data: packet.subarray(ACL_HEADER_BYTES) },
  };
}

/** Encodes an ACL packet of a controller. */
export function encodeAcl(handle: number, { isContinuation, data }: Fragment): Buffer {
  const flags = isContinuation ? FLAG.continuation : FLAG.startFromController;
  const packet = Buffer.allocUnsafe(ACL_HEADER_BYTES + data.length);
  packet[0] = H4.acl;
  packet.writeUInt16LE(handle | (flags << FLAGS_SHIFT), 1);
  packet.writeUInt16LE(data.length, 3);
  data.copy(packet, ACL_HEADER_BYTES);
  return packet;
}
