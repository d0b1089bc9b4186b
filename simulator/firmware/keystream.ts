import { createHash } from 'node:crypto';
import { MAX_DATA_BYTES, MESSAGE_HEADER_BYTES } from '../../protocol/message.ts';
import { XOR_PADDING_BYTES } from '../../protocol/xor-frame.ts';

/** Enough for the longest frame. */
const KEYSTREAM_BYTES = MESSAGE_HEADER_BYTES + MAX_DATA_BYTES + XOR_PADDING_BYTES;

/**
 * Keystream of a scooter that XORs its frames, which never changes. How real ones generate theirs is unknown, and so is
 * whether it goes on beyond the 35 bytes that clients determine; a client that relies on more is caught here.
 */
export function keystreamOf(unit: number): Buffer {
  return createHash('shake256', { outputLength: KEYSTREAM_BYTES }).update(`keystream ${unit}`).digest();
}
