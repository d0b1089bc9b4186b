import { type Procedure, proposeLinkParameter } from './procedure.ts';

/** Type of the parameter that sets six retransmissions and 18 bytes in each chunk. */
const TRANSFER_PARAMETER = 0x00;
const TRANSFER_LIMITS = Buffer.of(6, 18);
/** Type of the parameter that probes the size of a packet: 16 bytes after its header of four. */
const PACKET_PROBE = 0x01;
const PROBE_BYTES = Buffer.alloc(16, 18);

/**
 * The scooter's side of the official app's greeting, recorded in one trace: two link parameters, each repeated by the
 * app. Apps may skip it; those that complete it receive short parcels as single packets.
 */
export function* greeting(): Procedure<void> {
  yield* proposeLinkParameter(TRANSFER_PARAMETER, TRANSFER_LIMITS);
  yield* proposeLinkParameter(PACKET_PROBE, PROBE_BYTES);
}
