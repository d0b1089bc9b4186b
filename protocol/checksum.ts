/** Bytes of the checksum, little-endian, at the end of every register frame. */
export const CHECKSUM_BYTES = 2;

/** The 16-bit one's complement of the sum of `bytes[start…end)`: what 55AA and 55AB frames end with. */
export function checksum(bytes: Buffer, start = 0, end = bytes.length): number {
  let sum = 0;
  for (let index = start; index < end; index += 1) sum += bytes[index] ?? 0;
  return ~sum & 0xffff;
}
