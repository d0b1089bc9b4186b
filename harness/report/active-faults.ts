import { FAULTS, type FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';

/** Faults that go on, by the number of their step, in the order of their beginning. */
export type ActiveFaults = ReadonlyMap<number, string>;

export const NO_ACTIVE_FAULTS: ActiveFaults = new Map();

/** What goes on once an event has happened; a fault that is a moment never does. */
export function activeFaultsAfter(before: ActiveFaults, event: TraceEvent): ActiveFaults {
  if (event.type === 'fault.began' && FAULTS[event.fault as FaultName].lasts) {
    return new Map([...before, [event.step, event.fault]]);
  }
  if (event.type !== 'fault.ended') return before;
  return new Map([...before].filter(([step]) => step !== event.step));
}
