import type { TraceEvent, TraceEventType } from '../world/trace/event.ts';
import { activeFaultsAfter, NO_ACTIVE_FAULTS, type ActiveFaults } from './active-faults.ts';
import type { Lane } from './event-format.ts';

/** How things stand in a lane: nothing there, on its way or ailing, well, or in force (faults). */
export type LaneState = 'none' | 'thin' | 'full' | 'heavy';

/** How things stand everywhere, after some events. */
export interface LaneStates extends Readonly<Record<Exclude<Lane, 'faults'>, LaneState>> {
  readonly faults: ActiveFaults;
}

/** Before anything has happened. */
export const INITIAL_LANE_STATES: LaneStates = {
  radio: 'none',
  scooter: 'none',
  client: 'none',
  gps: 'none',
  broker: 'none',
  faults: NO_ACTIVE_FAULTS,
};

type Transition<Type extends TraceEventType> = (
  event: TraceEvent & { readonly type: Type },
  before: LaneStates,
) => Partial<LaneStates>;

/** What events change; the rest happen within what is. */
const TRANSITIONS: { readonly [Type in TraceEventType]?: Transition<Type> } = {
  scan: ({ on }, { radio }) => (radio === 'full' ? {} : { radio: on ? 'thin' : 'none' }),
  'link.attempt': (_, { radio }) => (radio === 'full' ? {} : { radio: 'thin' }),
  'link.up': () => ({ radio: 'full' }),
  'link.down': () => ({ radio: 'none' }),
  'scooter.on': () => ({ scooter: 'full' }),
  'scooter.off': () => ({ scooter: 'none' }),
  'client.started': () => ({ client: 'full' }),
  'client.ended': () => ({ client: 'none' }),
  'gps.fix': ({ latitude, heard }) => ({ gps: heard && latitude !== undefined ? 'full' : 'thin' }),
  'broker.attempt': (_, { broker }) => (broker === 'full' ? {} : { broker: 'thin' }),
  'broker.connected': () => ({ broker: 'full' }),
  'broker.disconnected': () => ({ broker: 'none' }),
  'fault.began': (event, { faults }) => ({ faults: activeFaultsAfter(faults, event) }),
  'fault.ended': (event, { faults }) => ({ faults: activeFaultsAfter(faults, event) }),
};

/** How things stand once an event has happened. */
export function laneStatesAfter(before: LaneStates, event: TraceEvent): LaneStates {
  // The table keeps each type's function under the type: the one found for an event takes that event.
  const transition = TRANSITIONS[event.type] as Transition<TraceEventType> | undefined;
  return transition ? { ...before, ...transition(event, before) } : before;
}

/** How things stand in one lane. */
export function laneStateOf(states: LaneStates, lane: Lane): LaneState {
  if (lane !== 'faults') return states[lane];
  return states.faults.size > 0 ? 'heavy' : 'none';
}
