import { ProtocolError, requireLength } from './errors.ts';
import { MESSAGE_HEADER_BYTES } from './message.ts';
import { rowBuilders } from './registers/row.ts';
import type { Block } from './registers/table.ts';

/** Size of the key, in the characteristic `XIAOMI.xorKey`: the beginning of the keystream. */
export const XOR_KEY_BYTES = 12;

/**
 * Block whose contents do not change: zeros, in the battery of every known scooter. Its contents, read in short requests,
 * and its reply to one long request reveal more of the keystream.
 */
export const KEYSTREAM_PROBE: Block = {
  device: 'bms',
  register: 0x50,
  bytes: 32,
  rows: { contents: rowBuilders('bms').text('hex', 0x50, 'Unused', 32) },
};

/** Number of bytes of the keystream that the probe reveals: enough for replies of 32 bytes, as long as the live block. */
export const PROBED_BYTES = MESSAGE_HEADER_BYTES + KEYSTREAM_PROBE.bytes;

/** Extends a key to the length that the probe reveals, with zeros for what is not known yet. */
export function assumedKeystream(key: Buffer): Buffer {
  requireLength(key, XOR_KEY_BYTES, 'key');
  return Buffer.concat([key, Buffer.alloc(PROBED_BYTES - key.length)]);
}

/**
 * Determines the keystream from the contents of the probe, and from what they are if decoded with an assumed keystream.
 * Throws `keystream` if both differ in what the key decodes: the contents have changed in between.
 */
export function correctKeystream(assumed: Buffer, decoded: Buffer, contents: Buffer): Buffer {
  const corrected = Buffer.from(assumed);
  contents.forEach((byte, index) => {
    const position = MESSAGE_HEADER_BYTES + index;
    corrected[position] = (assumed[position] ?? 0) ^ (decoded[index] ?? 0) ^ byte;
  });
  if (!corrected.subarray(0, XOR_KEY_BYTES).equals(assumed.subarray(0, XOR_KEY_BYTES))) {
    throw new ProtocolError('keystream', 'the block that reveals the keystream is changing');
  }
  return corrected;
}
