import type { TraceEvent, TraceEventType } from '../world/trace/event.ts';
import { inForceAfter, NOTHING_IN_FORCE, type InForce } from './in-force.ts';
import type { Lane } from './words.ts';

/** How things stand in a lane: nothing there, on its way or ailing, well, or in force (faults). */
export type Track = 'none' | 'thin' | 'full' | 'heavy';

/** How things stand everywhere, after some events. */
export interface Tracks extends Readonly<Record<Exclude<Lane, 'faults'>, Track>> {
  readonly faults: InForce;
}

/** Before anything has happened. */
export const EMPTY_TRACKS: Tracks = {
  radio: 'none',
  scooter: 'none',
  client: 'none',
  gps: 'none',
  broker: 'none',
  faults: NOTHING_IN_FORCE,
};

type Change<Type extends TraceEventType> = (
  event: TraceEvent & { readonly type: Type },
  before: Tracks,
) => Partial<Tracks>;

/** What events change; the rest happen within what is. */
const CHANGES: { readonly [Type in TraceEventType]?: Change<Type> } = {
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
  'fault.began': (event, { faults }) => ({ faults: inForceAfter(faults, event) }),
  'fault.ended': (event, { faults }) => ({ faults: inForceAfter(faults, event) }),
};

/** How things stand once an event has happened. */
export function tracksAfter(before: Tracks, event: TraceEvent): Tracks {
  // The table keeps each type's function under the type: the one found for an event takes that event.
  const change = CHANGES[event.type] as Change<TraceEventType> | undefined;
  return change ? { ...before, ...change(event, before) } : before;
}

/** How things stand in one lane. */
export function trackOf(tracks: Tracks, lane: Lane): Track {
  if (lane !== 'faults') return tracks[lane];
  return tracks.faults.size > 0 ? 'heavy' : 'none';
}
