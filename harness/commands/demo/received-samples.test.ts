import { expect, it } from 'vitest';
import { ReceivedSamples } from './received-samples.ts';

/** The printed line of a sample. */
function lineOf(fields: Readonly<Record<string, unknown>>): string {
  const sample = {
    seq: 3,
    speed_kmh: 17.25,
    total_distance_m: 1_306_083,
    battery_info: { percent: 80, voltage: 38.5, temperature_1: 21 },
    gpsinfo: { latitude: 43.37, longitude: -8.4, fix: true },
    locked: false,
    error: 0,
    warning: 0,
    mode: 0,
    ...fields,
  };
  return new ReceivedSamples().add(JSON.stringify(sample));
}

const NORMAL = '#3   17.3 km/h   1306.08 km   80 %   38.5 V   21 °C   43.37000 -8.40000';

it.each([
  [{}, NORMAL],
  [{ locked: true }, `${NORMAL}   locked`],
  [{ error: 15, warning: 12 }, `${NORMAL}   error 15   warning 12`],
  [{ mode: 1 }, `${NORMAL}   mode eco`],
  [{ locked: null, error: null, warning: null, mode: null }, NORMAL],
])('a received sample with %j shows what is not normal', (fields, line) => {
  expect(lineOf(fields)).toBe(line);
});

it('a received sample without the values of a silent block is printed as a sample', () => {
  const battery = { percent: null, voltage: null, temperature_1: null };
  expect(lineOf({ speed_kmh: null, total_distance_m: null, battery_info: battery })).toBe(
    '#3      – km/h   – km   – %   – V   – °C   43.37000 -8.40000',
  );
});
