import { L2CAP_CHANNEL, guardAcl, type AclBindings } from './acl-guard.ts';

/** Minimum sizes of requests whose length bleno does not check, by ATT opcode (Core Vol 3 Part F, 3.4). */
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
 * Drops packets of a central at which bleno would throw, which would end the process: truncated requests, and pairing,
 * where bleno checks neither lengths nor order. The central gets no reply to them. Call it before bleno starts.
 */
export function guardBleno(bindings: AclBindings): void {
  guardAcl(bindings, (channel, data) => {
    const [opcode] = data;
    return (
      channel === L2CAP_CHANNEL.att && opcode !== undefined && data.length >= (MIN_REQUEST_BYTES[opcode] ?? 1)
    );
  });
}
