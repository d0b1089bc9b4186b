import type { TraceEvent, TraceEventType } from '../world/trace/event.ts';
import { activeFaultsAfter, NO_ACTIVE_FAULTS, type ActiveFaults } from './active-faults.ts';
import type { Lane } from './event-format.ts';

/** State of a lane: inactive, connecting or impaired, working, or (in the lane of faults) a fault is active. */
export type LaneState = 'none' | 'pending' | 'ok' | 'fault';

/** States of all lanes. */
export interface LaneStates extends Readonly<Record<Exclude<Lane, 'faults'>, LaneState>> {
  readonly faults: ActiveFaults;
}

/** States before the first event. */
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

/** State changes by event type; other events change nothing. */
const TRANSITIONS: { readonly [Type in TraceEventType]?: Transition<Type> } = {
  scan: ({ on }, { radio }) => (radio === 'ok' ? {} : { radio: on ? 'pending' : 'none' }),
  'link.attempt': (_, { radio }) => (radio === 'ok' ? {} : { radio: 'pending' }),
  'link.up': () => ({ radio: 'ok' }),
  'link.down': () => ({ radio: 'none' }),
  'scooter.on': () => ({ scooter: 'ok' }),
  'scooter.off': () => ({ scooter: 'none' }),
  'client.started': () => ({ client: 'ok' }),
  'client.ended': () => ({ client: 'none' }),
  'gps.fix': ({ latitude, heard }) => ({ gps: heard && latitude !== undefined ? 'ok' : 'pending' }),
  'broker.attempt': (_, { broker }) => (broker === 'ok' ? {} : { broker: 'pending' }),
  'broker.connected': () => ({ broker: 'ok' }),
  'broker.disconnected': () => ({ broker: 'none' }),
  'fault.began': (event, { faults }) => ({ faults: activeFaultsAfter(faults, event) }),
  'fault.ended': (event, { faults }) => ({ faults: activeFaultsAfter(faults, event) }),
};

/** States of all lanes after an event. */
export function laneStatesAfter(before: LaneStates, event: TraceEvent): LaneStates {
  // Each entry takes the events of its own key, which TypeScript cannot infer from the lookup.
  const transition = TRANSITIONS[event.type] as Transition<TraceEventType> | undefined;
  return transition ? { ...before, ...transition(event, before) } : before;
}

/** State of one lane. */
export function laneStateOf(states: LaneStates, lane: Lane): LaneState {
  if (lane !== 'faults') return states[lane];
  return states.faults.size > 0 ? 'fault' : 'none';
}
