import { H4 } from './socket.ts';

/** Fixed L2CAP channels of an LE link (Bluetooth Core Vol 3 Part A, 2.1). */
export const L2CAP_CHANNEL = { att: 0x0004, signaling: 0x0005 } as const;

/** Size of the headers of an L2CAP start fragment: H4 packet type, handle, ACL length, L2CAP length and channel. */
const MIN_START_BYTES = 9;
/** Packet boundary flag of a start fragment from a controller, in the upper byte of the handle. */
const BOUNDARY = { mask: 0x30, start: 0x20 } as const;

/** The part of noble's and bleno's bindings that receives packets of the peer. */
export interface AclBindings {
  readonly _hci: { onSocketData: (packet: Buffer) => void };
  onAclDataPkt: (handle: number, channel: number, data: Buffer) => void;
}

/**
 * Drops packets of the peer at which a library would throw, which would end the process. Call it before the library
 * starts.
 * @param isWellFormed whether the library can parse an L2CAP payload.
 */
export function guardAcl(
  bindings: AclBindings,
  isWellFormed: (channel: number, data: Buffer) => boolean,
): void {
  const hci = bindings._hci;
  const onSocketData = hci.onSocketData.bind(hci);
  hci.onSocketData = (packet) => {
    const isStart = packet[0] === H4.acl && ((packet[2] ?? 0) & BOUNDARY.mask) === BOUNDARY.start;
    if (!isStart || packet.length >= MIN_START_BYTES) onSocketData(packet);
  };
  const onAclDataPkt = bindings.onAclDataPkt.bind(bindings);
  bindings.onAclDataPkt = (handle, channel, data) => {
    if (isWellFormed(channel, data)) onAclDataPkt(handle, channel, data);
  };
}
