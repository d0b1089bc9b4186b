import type { Fragment } from './acl.ts';
import type { Radio } from './radio.ts';

/** Replaces an ATT packet on its way to `to` by another one, or by undefined if it is lost. */
export type AttTap = (packet: Buffer, to: Radio) => Buffer | undefined;

/** Length and channel of an L2CAP packet (Bluetooth Core Vol 3 Part A, 3.1). */
const L2CAP_HEADER_BYTES = 4;
/** Fixed channel of the attribute protocol (Bluetooth Core Vol 3 Part A, 2.1). */
const ATT_CHANNEL = 0x0004;

/** Passes a fragment through the taps if it is a whole ATT packet, as all of a scooter with the default MTU are. */
export function tapped(taps: ReadonlySet<AttTap>, fragment: Fragment, to: Radio): Fragment | undefined {
  if (taps.size === 0) return fragment;
  const { data, isContinuation } = fragment;
  if (isContinuation || data.length < L2CAP_HEADER_BYTES || data.readUInt16LE(2) !== ATT_CHANNEL)
    return fragment;
  if (data.length !== L2CAP_HEADER_BYTES + data.readUInt16LE(0)) return fragment;
  let packet: Buffer | undefined = data.subarray(L2CAP_HEADER_BYTES);
  for (const tap of taps) packet = packet && tap(packet, to);
  if (!packet) return undefined;
  const header = Buffer.from(data.subarray(0, L2CAP_HEADER_BYTES));
  header.writeUInt16LE(packet.length);
  return { isContinuation, data: Buffer.concat([header, packet]) };
}
