import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MODELS, type ModelId } from '../models/models.ts';
import { routeFromGpx } from './gpx.ts';
import { Ride } from './ride.ts';
import { anyTrack, gpxOf, type RecordedTrack } from './testing/gpx-tracks.ts';
import { outOfRange, requiredJ, unexplainedJ } from './testing/physics.ts';

const HOUR_MS = 3_600_000;
/** Length of the arcs of a ride, at whose ends the speed has its extremes. */
const ARC_MS = 500;
/** Exceeds every stop of the rider's profile by half a minute. */
const PROGRESS_MS = 60_000;
const MIN_PROGRESS_M = 20;
const RESERVE_PERCENT = 10;
const MAX_BRAKING_KMH_PER_S = 5;
const MAX_SLOPE = 0.2;

interface Hour {
  readonly track: RecordedTrack;
  readonly model: ModelId;
  readonly riderKg: number;
  readonly startPercent: number;
  readonly kers: number;
}

const anyHour: fc.Arbitrary<Hour> = fc.record({
  track: anyTrack,
  model: fc.constantFrom(...(Object.keys(MODELS) as ModelId[])),
  riderKg: fc.integer({ min: 1, max: 150 }),
  startPercent: fc.oneof(fc.constantFrom(100, 99.99), fc.integer({ min: 0, max: 100 })),
  kers: fc.constantFrom(0, 1, 2),
});

const ALONE = { model: 'pro2', riderKg: 75, startPercent: 100, kers: 0 } as const;
const LEVEL = { everyM: 5, hillM: 0, noiseM: 0, noise: Array.from({ length: 200 }, () => 0), walls: [] };
/** Errors of heights, from −1 to 1, without a pattern. */
const NOISE = Array.from({ length: 300 }, (_, i) => ((i * i * 7919) % 2001) / 1000 - 1);
const wall = (heightM: number): RecordedTrack => ({ ...LEVEL, everyM: 1.2, walls: [{ at: 0.5, heightM }] });
const noisy = (everyM: number, noiseM: number): RecordedTrack => ({ ...LEVEL, everyM, noiseM, noise: NOISE });

/** Rides for an hour along a track. @returns what of it is not physical */
function violations({ track, model, riderKg, startPercent, kers }: Hour): string[] {
  const { route } = routeFromGpx(gpxOf(track));
  const ride = new Ride({ route, model: MODELS[model], riderKg, startPercent, start: { kers } });
  const found: string[] = [];
  let [before, progress] = [ride.at(0), ride.at(0)];
  let beforeM = ride.positionAt(0).altitudeM;
  /** Whether the rider has stopped for good: recovery does not raise the charge enough to continue. */
  let isFlat = false;
  for (let ms = ARC_MS; ms <= HOUR_MS; ms += ARC_MS) {
    const state = ride.at(ms);
    const { altitudeM } = ride.positionAt(ms);
    const brakedKmhPerS = ((before.speedKmh - state.speedKmh) / ARC_MS) * 1000;
    const movedM = state.odometerM - before.odometerM;
    found.push(...outOfRange(state).map((text) => `${text} at ${ms} ms`));
    if (brakedKmhPerS > MAX_BRAKING_KMH_PER_S + 1e-6) found.push(`braked by ${brakedKmhPerS} at ${ms} ms`);
    if (movedM > 0 && Math.abs(altitudeM - beforeM) > MAX_SLOPE * 1.01 * movedM + 1e-6) {
      found.push(`slope ${(altitudeM - beforeM) / movedM} at ${ms} ms`);
    }
    isFlat ||= state.batteryPercent <= RESERVE_PERCENT;
    if (ms % PROGRESS_MS === 0) {
      if (!isFlat && state.odometerM - progress.odometerM < MIN_PROGRESS_M) found.push(`stuck at ${ms} ms`);
      progress = state;
    }
    [before, beforeM] = [state, altitudeM];
  }
  const { missingJ, throughputJ } = unexplainedJ(ride, HOUR_MS);
  if (missingJ > 0.02 * throughputJ + 200) found.push(`${missingJ} of ${throughputJ} J unexplained`);
  const { wheelJ, riderJ, brakeJ } = before.energy;
  const workJ = requiredJ(ride, MODELS[model].massKg + riderKg, HOUR_MS, ARC_MS);
  const doneJ = Math.abs(wheelJ) + riderJ + brakeJ;
  if (Math.abs(wheelJ + riderJ - brakeJ - workJ) > 0.02 * doneJ + 200)
    found.push(`${workJ} of ${doneJ} J done`);
  return found;
}

describe('an hour along the track of a GPX file', () => {
  it.each([
    ['a wall of 15 m', wall(15)],
    ['a wall of 100 m', wall(100)],
    ['a climb of 8000 m', { ...LEVEL, everyM: 100, walls: [{ at: 0.5, heightM: 8000 }] }],
    ['points 1.5 m apart, noise 0.3 m', noisy(1.5, 0.3)],
    ['points 3 m apart, noise 1 m', noisy(3, 1)],
    ['points 5 m apart, noise 3 m', noisy(5, 3)],
    ['a slope of 45°', { ...LEVEL, everyM: 100, hillM: 4000, noise: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }],
  ])('stays within physics, and ends nowhere: %s', (_, track) => {
    expect(violations({ ...ALONE, track })).toEqual([]);
    expect(violations({ ...ALONE, track, model: 'lite', riderKg: 150, startPercent: 60 })).toEqual([]);
  });

  it('stays within physics, whatever the track, the scooter and the rider', () => {
    fc.assert(
      fc.property(anyHour, (hour) => {
        const [first] = violations(hour);
        if (first !== undefined) expect.fail(first);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
