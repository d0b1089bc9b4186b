import { lastStarted } from './search.ts';

/** km/h per m/s. */
const KMH_PER_MPS = 3.6;
/** How hard the rider brakes when the ride ends, in km/h per second. */
const LAST_BRAKING_KMH_PER_S = 5;

/** A stretch of time in which the speed changes evenly. Negative speeds are rolling backwards. */
export interface Segment {
  readonly seconds: number;
  readonly fromKmh: number;
  readonly toKmh: number;
}

/** What a ride has come to at one moment. */
export interface Moment {
  /** Negative while rolling backwards. */
  readonly speedKmh: number;
  /** Metres along the way: rolling backwards takes from it. */
  readonly alongM: number;
  /** Metres forwards, as an odometer counts them: rolling backwards adds nothing. */
  readonly forwardM: number;
  /** Seconds of moving forwards. */
  readonly ridingS: number;
}

/** A segment in its place within a round of the profile, with what came before it. */
export interface Stretch extends Segment, Omit<Moment, 'speedKmh'> {
  readonly index: number;
  readonly startS: number;
}

/** Where in the profile a time falls: how many rounds are over, which stretch it is in and for how long. */
export interface Place {
  readonly round: number;
  readonly stretch: Stretch;
  readonly sinceS: number;
}

/**
 * Town riding with a corner or two, a traffic light where the scooter rolls back a little, and another stop.
 * The 331 s of a round share no factor with the usual polling intervals, so that polls fall everywhere in it.
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

/** A profile for a scooter that reaches `factor` times the speed. */
export const scaled = (profile: readonly Segment[], factor: number): Segment[] =>
  profile.map(({ seconds, fromKmh, toKmh }) => ({
    seconds,
    fromKmh: fromKmh * factor,
    toKmh: toKmh * factor,
  }));

/** Metres covered in `seconds` while the speed changes evenly. */
const trapezoidM = (seconds: number, fromKmh: number, toKmh: number): number =>
  (seconds * (fromKmh + toKmh)) / 2 / KMH_PER_MPS;

/** What `seconds` at speeds of one sign add to a ride. */
function added(seconds: number, fromKmh: number, toKmh: number): Omit<Moment, 'speedKmh'> {
  const alongM = trapezoidM(seconds, fromKmh, toKmh);
  return { alongM, forwardM: Math.max(0, alongM), ridingS: fromKmh > 0 || toKmh > 0 ? seconds : 0 };
}

/** A speed profile, ridden again and again; speed and distance at any time without stepping there. */
export class Motion {
  readonly stretches: readonly Stretch[];
  /** What one round of the profile takes and yields. */
  readonly round: Omit<Moment, 'speedKmh'> & { readonly seconds: number };

  /** @throws RangeError if a segment takes no time or changes direction midway, or the speed would jump */
  constructor(profile: readonly Segment[]) {
    const sum = { seconds: 0, alongM: 0, forwardM: 0, ridingS: 0 };
    this.stretches = profile.map((segment, index) => {
      const { seconds, fromKmh, toKmh } = segment;
      const next = profile[(index + 1) % profile.length] ?? segment;
      if (!(seconds > 0) || fromKmh * toKmh < 0 || next.fromKmh !== toKmh) {
        throw new RangeError(`Segment ${index} of the speed profile does not fit its neighbours`);
      }
      const { seconds: startS, ...before } = sum;
      const gain = added(seconds, fromKmh, toKmh);
      sum.seconds += seconds;
      sum.alongM += gain.alongM;
      sum.forwardM += gain.forwardM;
      sum.ridingS += gain.ridingS;
      return { ...segment, ...before, index, startS };
    });
    this.round = sum;
  }

  /** @param elapsedS seconds since the ride began, not negative */
  placeAt(elapsedS: number): Place {
    const withinS = elapsedS % this.round.seconds;
    const round = Math.round((elapsedS - withinS) / this.round.seconds);
    const stretch = lastStarted(this.stretches, ({ startS }) => startS, withinS);
    return { round, stretch, sinceS: withinS - stretch.startS };
  }

  /** @param elapsedS seconds since the ride began, not negative */
  at(elapsedS: number): Moment {
    const { round, stretch, sinceS } = this.placeAt(elapsedS);
    const { seconds, fromKmh, toKmh } = stretch;
    const speedKmh = fromKmh + ((toKmh - fromKmh) * sinceS) / seconds;
    const gain = added(sinceS, fromKmh, speedKmh);
    return {
      speedKmh,
      alongM: round * this.round.alongM + stretch.alongM + gain.alongM,
      forwardM: round * this.round.forwardM + stretch.forwardM + gain.forwardM,
      ridingS: round * this.round.ridingS + stretch.ridingS + gain.ridingS,
    };
  }
}

/** What has become of a ride `sinceS` seconds after the rider braked for good. */
export function braked(moment: Moment, sinceS: number): Moment {
  const brakingS = Math.min(sinceS, Math.abs(moment.speedKmh) / LAST_BRAKING_KMH_PER_S);
  const speedKmh = moment.speedKmh - Math.sign(moment.speedKmh) * LAST_BRAKING_KMH_PER_S * brakingS;
  const gain = added(brakingS, moment.speedKmh, speedKmh);
  return {
    speedKmh,
    alongM: moment.alongM + gain.alongM,
    forwardM: moment.forwardM + gain.forwardM,
    ridingS: moment.ridingS + gain.ridingS,
  };
}
