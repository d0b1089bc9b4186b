import { H4 } from './socket.ts';

/** L2CAP channels that exist on every LE link (Bluetooth Core Vol 3 Part A, 2.1). */
export const L2CAP_CHANNEL = { att: 0x0004, signaling: 0x0005 } as const;

/** Packet type, handle, length, and the L2CAP header, with which every L2CAP packet starts. */
const MIN_START_BYTES = 9;
/** Packet boundary flag of a start, as controllers set it, in the upper byte of the handle. */
const BOUNDARY = { mask: 0x30, start: 0x20 } as const;

/** Where noble and bleno take what the other end sends. */
export interface AclBindings {
  readonly _hci: { onSocketData: (packet: Buffer) => void };
  onAclDataPkt: (handle: number, channel: number, data: Buffer) => void;
}

/**
 * Keeps from a library what it would throw at, and end the process. To be called before it starts.
 * @param isWellFormed whether the library can read what has come on an L2CAP channel.
 */
export function guardAcl(
  bindings: AclBindings,
  isWellFormed: (channel: number, data: Buffer) => boolean,
): void {
  const hci = bindings._hci;
  const onSocketData = hci.onSocketData.bind(hci);
  hci.onSocketData = (packet) => {
    const starts = packet[0] === H4.acl && ((packet[2] ?? 0) & BOUNDARY.mask) === BOUNDARY.start;
    if (!starts || packet.length >= MIN_START_BYTES) onSocketData(packet);
  };
  const onAclDataPkt = bindings.onAclDataPkt.bind(bindings);
  bindings.onAclDataPkt = (handle, channel, data) => {
    if (isWellFormed(channel, data)) onAclDataPkt(handle, channel, data);
  };
}
