import fc from 'fast-check';

/** Metres per degree of latitude. */
const M_PER_DEGREE = 111_195;

/** A track due north with the heights that receivers record: hills, noise, and walls from a point on. */
export interface RecordedTrack {
  readonly everyM: number;
  /** Height of hills above their middle, which begin with a climb, or with a descent if it is negative. */
  readonly hillM: number;
  readonly noiseM: number;
  /** Errors of the heights, in parts of `noiseM`. */
  readonly noise: readonly number[];
  readonly walls: readonly { readonly at: number; readonly heightM: number }[];
}

const HILL_POINTS = 40;

/** Heights of a track, in metres. */
function heightsM({ hillM, noiseM, noise, walls }: RecordedTrack): number[] {
  return noise.map((error, i) => {
    const hill = hillM * (1 - Math.cos((2 * Math.PI * i) / HILL_POINTS));
    const wallsM = walls.map(({ at, heightM }) => (i >= at * noise.length ? heightM : 0));
    return hill + noiseM * error + wallsM.reduce((sum, heightM) => sum + heightM, 0);
  });
}

/** The GPX file of a track. */
export function gpxOf(track: RecordedTrack): Uint8Array {
  const points = heightsM(track).map((heightM, i) => {
    const latitude = 43 + (i * track.everyM) / M_PER_DEGREE;
    return `<trkpt lat="${latitude.toFixed(8)}" lon="-8"><ele>${heightM.toFixed(3)}</ele></trkpt>`;
  });
  return Buffer.from(`<gpx version="1.1"><trk><trkseg>${points.join('')}</trkseg></trk></gpx>`);
}

const upTo = (max: number, min = 0): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

/** Tracks of 2 to 300 points, 1.2 to 200 m apart. */
export const anyTrack: fc.Arbitrary<RecordedTrack> = fc.record({
  everyM: fc.oneof(upTo(6, 1.2), upTo(200, 6)),
  hillM: fc.oneof(fc.constant(0), upTo(100, -100)),
  noiseM: fc.oneof(fc.constant(0), upTo(1), upTo(20)),
  noise: fc.array(upTo(1, -1), { minLength: 2, maxLength: 300, size: 'max' }),
  walls: fc.array(
    fc.record({ at: upTo(1), heightM: fc.oneof(upTo(20, -20), upTo(200, -200), upTo(4000, -4000)) }),
    { maxLength: 2 },
  ),
});
