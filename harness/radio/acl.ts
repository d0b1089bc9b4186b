import { H4 } from '../../hci/socket.ts';

/** Packet type, handle with flags, length. */
const ACL_HEADER_BYTES = 5;
const HANDLE_MASK = 0x0fff;
/** Packet boundary flags: hosts mark a start as 0, controllers as 2; a continuation is 1 both ways. */
const BOUNDARY = { continuation: 0b01, startFromController: 0b10 } as const;
const BOUNDARY_SHIFT = 12;
const BOUNDARY_MASK = 0b11;

/** One piece of an L2CAP packet, as it crosses the air. */
export interface Fragment {
  /** Continues the packet that the piece before it began. */
  readonly continues: boolean;
  readonly data: Buffer;
}

/** The content of one ACL packet from a host; undefined where it is cut short. */
export function decodeAcl(packet: Buffer): { handle: number; fragment: Fragment } | undefined {
  if (packet.length < ACL_HEADER_BYTES || packet.length !== ACL_HEADER_BYTES + packet.readUInt16LE(3))
    return undefined;
  const head = packet.readUInt16LE(1);
  return {
    handle: head & HANDLE_MASK,
    fragment: {
      continues: ((head >> BOUNDARY_SHIFT) & BOUNDARY_MASK) === BOUNDARY.continuation,
      data: packet.subarray(ACL_HEADER_BYTES),
    },
  };
}

/** The ACL packet that a controller gives its host. */
export function encodeAcl(handle: number, { continues, data }: Fragment): Buffer {
  const boundary = continues ? BOUNDARY.continuation : BOUNDARY.startFromController;
  const packet = Buffer.allocUnsafe(ACL_HEADER_BYTES + data.length);
  packet[0] = H4.acl;
  packet.writeUInt16LE(handle | (boundary << BOUNDARY_SHIFT), 1);
  packet.writeUInt16LE(data.length, 3);
  data.copy(packet, ACL_HEADER_BYTES);
  return packet;
}
