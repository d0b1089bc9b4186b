/** Adds `$` and the checksum to the text of a sentence. */
export function sentence(body: string): string {
  const checksum = Buffer.from(body, 'ascii').reduce((sum, byte) => sum ^ byte, 0);
  return `$${body}*${checksum.toString(16).toUpperCase().padStart(2, '0')}`;
}
