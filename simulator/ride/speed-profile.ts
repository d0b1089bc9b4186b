import { findLastStarted } from './binary-search.ts';

/** A time span with constant acceleration. Negative speed means rolling backwards. */
export interface Segment {
  readonly seconds: number;
  readonly fromKmh: number;
  readonly toKmh: number;
}

/** A segment at its position in the speed profile. */
interface PlacedSegment extends Segment {
  readonly startS: number;
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

/** Speed at which a rider wants to ride, repeated endlessly. */
export class SpeedProfile {
  /** Duration of one cycle, in seconds. */
  readonly cycleS: number;
  readonly #segments: readonly PlacedSegment[];

  /** @throws RangeError if a segment has no duration or changes direction, or if the speed would jump */
  constructor(profile: readonly Segment[]) {
    let startS = 0;
    this.#segments = profile.map((segment, index) => {
      const { seconds, fromKmh, toKmh } = segment;
      const next = profile[(index + 1) % profile.length] ?? segment;
      if (!(seconds > 0) || fromKmh * toKmh < 0 || next.fromKmh !== toKmh) {
        throw new RangeError(`Segment ${index} of the speed profile does not fit its neighbours`);
      }
      const placed = { ...segment, startS };
      startS += seconds;
      return placed;
    });
    this.cycleS = startS;
  }

  /** Speed in km/h, negative backwards. @param elapsedS seconds since the ride began, not negative */
  speedKmhAt(elapsedS: number): number {
    const withinS = elapsedS % this.cycleS;
    const { startS, seconds, fromKmh, toKmh } = findLastStarted(
      this.#segments,
      (segment) => segment.startS,
      withinS,
    );
    return fromKmh + ((toKmh - fromKmh) * (withinS - startS)) / seconds;
  }
}
