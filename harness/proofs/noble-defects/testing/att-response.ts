import { parseConnectionEvent, isAttResponse } from './packets.ts';
import type { Change, HciTap } from './hci-tap.ts';

/** Number of ATT responses of a MiAuth scooter to noble, from the MTU exchange to the last subscription. */
export const ATT_RESPONSES = 16;

/**
 * Changes response number `index` on each of the next connections.
 * @returns the number of changed responses
 */
export function alterResponse(
  tap: HciTap,
  index: number,
  change: Change,
  links = 1,
): { readonly count: number } {
  const changed = { count: 0 };
  let received = Infinity;
  tap.toHost = (packet) => {
    if (parseConnectionEvent(packet)?.what === 'complete') received = 0;
    if (changed.count === links || !isAttResponse(packet) || received++ !== index) return packet;
    changed.count += 1;
    return change(packet);
  };
  return changed;
}
