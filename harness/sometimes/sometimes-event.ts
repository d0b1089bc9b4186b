import type { TraceView } from '../guarantees/trace-view.ts';

/** An event that some seeds of a campaign have to reach. */
export interface SometimesEvent {
  /** What happens, in one sentence. */
  readonly about: string;
  /** Number of times that it happened in a run. */
  readonly times: CountEvent;
  /** Why no seed of the standard set can reach it; it is counted all the same. */
  readonly outOfReach?: string;
}

export type CountEvent = (view: TraceView) => number;
