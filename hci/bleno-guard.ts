import { L2CAP_CHANNEL, guardAcl, type AclBindings } from './acl-guard.ts';

/** Fewest bytes of the requests that bleno reads further than they are long, by ATT opcode (Core Vol 3 Part F, 3.4). */
const MIN_REQUEST_BYTES: Readonly<Record<number, number>> = {
  0x02: 3, // Exchange MTU
  0x04: 5, // Find Information
  0x06: 8, // Find By Type Value, with a value
  0x08: 7, // Read By Type
  0x0a: 3, // Read
  0x0c: 5, // Read Blob
  0x10: 7, // Read By Group Type
  0x12: 3, // Write
  0x16: 5, // Prepare Write
  0x52: 3, // Write Command
};

/**
 * Keeps from bleno what it would throw at, and end the process: packets of a central that are cut short, and pairing,
 * in which it trusts every length and order. To be called before bleno starts. A central gets no answer to them.
 */
export function guardBleno(bindings: AclBindings): void {
  guardAcl(bindings, (channel, data) => {
    const [opcode] = data;
    return (
      channel === L2CAP_CHANNEL.att && opcode !== undefined && data.length >= (MIN_REQUEST_BYTES[opcode] ?? 1)
    );
  });
}
