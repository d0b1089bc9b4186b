import { parseConnectionEvent, isAttResponse } from './packets.ts';
import type { Change, HciTap } from './hci-tap.ts';

/** From the MTU to the last subscription: so often noble asks a MiAuth scooter for something, and is answered. */
export const ATT_RESPONSES = 16;

/**
 * Changes answer number `index` of the next connections.
 * @returns on how many of them that has happened.
 */
export function alterResponse(
  tap: HciTap,
  index: number,
  change: Change,
  links = 1,
): { readonly count: number } {
  const spoilt = { count: 0 };
  let heard = Infinity;
  tap.toHost = (packet) => {
    if (parseConnectionEvent(packet)?.what === 'complete') heard = 0;
    if (spoilt.count === links || !isAttResponse(packet) || heard++ !== index) return packet;
    spoilt.count += 1;
    return change(packet);
  };
  return spoilt;
}
