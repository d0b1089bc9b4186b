import { FAULTS, type FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';

/** Faults in progress by step number, in the order in which they started. */
export type ActiveFaults = ReadonlyMap<number, string>;

export const NO_ACTIVE_FAULTS: ActiveFaults = new Map();

/** The active faults after an event. A fault without a duration is never active. */
export function activeFaultsAfter(before: ActiveFaults, event: TraceEvent): ActiveFaults {
  if (event.type === 'fault.began' && FAULTS[event.fault as FaultName].lasts) {
    return new Map([...before, [event.step, event.fault]]);
  }
  if (event.type !== 'fault.ended') return before;
  return new Map([...before].filter(([step]) => step !== event.step));
}
