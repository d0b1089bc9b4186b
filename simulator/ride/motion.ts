import { findLastStarted } from './binary-search.ts';

/** km/h per m/s. */
const KMH_PER_MPS = 3.6;
/** Deceleration at the end of the ride, in km/h per second. */
const FINAL_BRAKING_KMH_PER_S = 5;

/** A time span with constant acceleration. Negative speed means rolling backwards. */
export interface Segment {
  readonly seconds: number;
  readonly fromKmh: number;
  readonly toKmh: number;
}

/** Speed of a ride at one moment, and its distances so far. */
export interface MotionState {
  /** Negative while rolling backwards. */
  readonly speedKmh: number;
  /** Net distance along the route, in metres: rolling backwards subtracts. */
  readonly displacementM: number;
  /** Distance travelled forwards, in metres, as an odometer counts: rolling backwards adds nothing. */
  readonly forwardDistanceM: number;
  /** Time spent moving forwards, in seconds. */
  readonly ridingS: number;
}

/** A segment at its position in the speed profile, with the totals of the segments before it. */
export interface PlacedSegment extends Segment, Omit<MotionState, 'speedKmh'> {
  readonly index: number;
  readonly startS: number;
}

/** Position of a moment in the repeated profile: complete cycles, current segment, time since its start. */
export interface ProfilePosition {
  readonly cycle: number;
  readonly segment: PlacedSegment;
  readonly elapsedInSegmentS: number;
}

/**
 * City riding: two corners, a traffic light at which the scooter rolls back a little, and another stop.
 * A cycle of 331 s shares no factor with the usual polling intervals, so polls sample every part of it.
 */
export const TOWN_PROFILE: readonly Segment[] = [
  [5, 0, 0],
  [9, 0, 24],
  [40, 24, 24.6],
  [4, 24.6, 14],
  [3, 14, 14],
  [6, 14, 24],
  [55, 24, 23.2],
  [5, 23.2, 11],
  [4, 11, 11.5],
  [7, 11.5, 24.2],
  [35, 24.2, 24.2],
  [7, 24.2, 0],
  [3, 0, 0],
  [0.5, 0, -0.4],
  [1, -0.4, -0.4],
  [0.5, -0.4, 0],
  [14, 0, 0],
  [8, 0, 22],
  [45, 22, 24.8],
  [6, 24.8, 9],
  [5, 9, 9],
  [7, 9, 24],
  [49, 24, 24.4],
  [8, 24.4, 0],
  [4, 0, 0],
].map(([seconds = 0, fromKmh = 0, toKmh = 0]) => ({ seconds, fromKmh, toKmh }));

/** Scales the speeds of a profile to a scooter with another top speed. */
export const scaleProfile = (profile: readonly Segment[], factor: number): Segment[] =>
  profile.map(({ seconds, fromKmh, toKmh }) => ({
    seconds,
    fromKmh: fromKmh * factor,
    toKmh: toKmh * factor,
  }));

/** Distance in metres at constant acceleration. */
const trapezoidM = (seconds: number, fromKmh: number, toKmh: number): number =>
  (seconds * (fromKmh + toKmh)) / 2 / KMH_PER_MPS;

/** Distances and riding time of a constant acceleration between speeds of the same sign. */
function integrate(seconds: number, fromKmh: number, toKmh: number): Omit<MotionState, 'speedKmh'> {
  const displacementM = trapezoidM(seconds, fromKmh, toKmh);
  return {
    displacementM,
    forwardDistanceM: Math.max(0, displacementM),
    ridingS: fromKmh > 0 || toKmh > 0 ? seconds : 0,
  };
}

/** A speed profile repeated endlessly. Computes speed and distance at any time directly, without stepping. */
export class Motion {
  readonly segments: readonly PlacedSegment[];
  /** Duration and distances of one cycle of the profile. */
  readonly cycle: Omit<MotionState, 'speedKmh'> & { readonly seconds: number };

  /** @throws RangeError if a segment has no duration or changes direction, or if the speed would jump */
  constructor(profile: readonly Segment[]) {
    const sum = { seconds: 0, displacementM: 0, forwardDistanceM: 0, ridingS: 0 };
    this.segments = profile.map((segment, index) => {
      const { seconds, fromKmh, toKmh } = segment;
      const next = profile[(index + 1) % profile.length] ?? segment;
      if (!(seconds > 0) || fromKmh * toKmh < 0 || next.fromKmh !== toKmh) {
        throw new RangeError(`Segment ${index} of the speed profile does not fit its neighbours`);
      }
      const { seconds: startS, ...before } = sum;
      const gain = integrate(seconds, fromKmh, toKmh);
      sum.seconds += seconds;
      sum.displacementM += gain.displacementM;
      sum.forwardDistanceM += gain.forwardDistanceM;
      sum.ridingS += gain.ridingS;
      return { ...segment, ...before, index, startS };
    });
    this.cycle = sum;
  }

  /** @param elapsedS seconds since the ride began, not negative */
  positionAt(elapsedS: number): ProfilePosition {
    const withinS = elapsedS % this.cycle.seconds;
    const cycle = Math.round((elapsedS - withinS) / this.cycle.seconds);
    const segment = findLastStarted(this.segments, ({ startS }) => startS, withinS);
    return { cycle, segment, elapsedInSegmentS: withinS - segment.startS };
  }

  /** @param elapsedS seconds since the ride began, not negative */
  at(elapsedS: number): MotionState {
    const { cycle, segment, elapsedInSegmentS } = this.positionAt(elapsedS);
    const { seconds, fromKmh, toKmh } = segment;
    const speedKmh = fromKmh + ((toKmh - fromKmh) * elapsedInSegmentS) / seconds;
    const gain = integrate(elapsedInSegmentS, fromKmh, speedKmh);
    return {
      speedKmh,
      displacementM: cycle * this.cycle.displacementM + segment.displacementM + gain.displacementM,
      forwardDistanceM:
        cycle * this.cycle.forwardDistanceM + segment.forwardDistanceM + gain.forwardDistanceM,
      ridingS: cycle * this.cycle.ridingS + segment.ridingS + gain.ridingS,
    };
  }
}

/** Motion `elapsedS` seconds after the rider started the final braking. */
export function brakeToStop(atBraking: MotionState, elapsedS: number): MotionState {
  const brakingS = Math.min(elapsedS, Math.abs(atBraking.speedKmh) / FINAL_BRAKING_KMH_PER_S);
  const speedKmh = atBraking.speedKmh - Math.sign(atBraking.speedKmh) * FINAL_BRAKING_KMH_PER_S * brakingS;
  const gain = integrate(brakingS, atBraking.speedKmh, speedKmh);
  return {
    speedKmh,
    displacementM: atBraking.displacementM + gain.displacementM,
    forwardDistanceM: atBraking.forwardDistanceM + gain.forwardDistanceM,
    ridingS: atBraking.ridingS + gain.ridingS,
  };
}
