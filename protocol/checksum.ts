/** Size of the little-endian checksum at the end of every register frame. */
export const CHECKSUM_BYTES = 2;

/** Checksum of 55AA and 55AB frames: 16-bit one's complement of the sum of `bytes[start…end)`. */
export function checksum(bytes: Buffer, start = 0, end = bytes.length): number {
  let sum = 0;
  for (let index = start; index < end; index += 1) sum += bytes[index] ?? 0;
  return ~sum & 0xffff;
}
