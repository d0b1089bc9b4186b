import type { Position } from '../ride/ride.ts';

/** A position as a receiver has measured it; what it does not know is undefined. */
export interface MeasuredPosition extends Pick<Position, 'latitude' | 'longitude'> {
  readonly altitudeM: number | undefined;
  readonly speedKmh: number | undefined;
  readonly courseDeg: number | undefined;
  /** Whether it is from three satellites only, with an altitude that is assumed, if there is one. */
  readonly isFlat?: true;
}
