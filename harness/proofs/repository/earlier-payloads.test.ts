import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSample, type Sample } from '../../../client/sample-payload.ts';

/** A sample of the earlier client. */
interface EarlierSample {
  readonly speed_kmh: number;
  readonly total_distance_m: number;
  readonly trip_distance_m: number;
  readonly trip_distance_left_km: number;
  readonly uptime_sec: number;
  readonly frame_temp: number;
  readonly battery_info: {
    readonly capacity: number;
    readonly percent: number;
    readonly current: number;
    readonly voltage: number;
    readonly temperature_1: number;
    readonly temperature_2: number;
  };
  readonly gpsinfo: {
    readonly latitude: number;
    readonly longitude: number;
    /** Null stands for what the receiver does not know, beside its position. */
    readonly altitude: number | null;
    readonly gps_speed: number | null;
  };
}

/** What the earlier client published too much for a battery temperature, in °C. */
const OFFSET_C = 20;

const LINES = readFileSync('fixtures/legacy/payloads.jsonl', 'utf8').trim().split('\n');

/** What is published as 0 if the receiver does not know it. */
const MAY_BE_UNKNOWN = ['altitude', 'gps_speed'];

/** Values that this client publishes in place of those of the earlier one. */
const CHANGES: Readonly<Record<string, (earlier: number) => number>> = {
  speed_kmh: (speed) => Math.max(0, speed),
  temperature_1: (temperature) => temperature - OFFSET_C,
  temperature_2: (temperature) => temperature - OFFSET_C,
  latitude: (degrees) => Number(degrees.toFixed(7)),
  longitude: (degrees) => Number(degrees.toFixed(7)),
};

/** The fields in the table of differences. */
const DOCUMENTED = new Set(
  (
    /## Differences from the earlier client\n(.*?)\n## /s.exec(readFileSync('docs/topics.md', 'utf8'))?.[1] ??
    ''
  )
    .split('\n')
    .flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`([a-z_0-9]+)`/g)].map(([, name = '']) => name),
    ),
);

/** The numbers in a text, in order, as they are written. */
function numbersIn(json: string): [name: string, text: string][] {
  return [...json.matchAll(/"(\w+)":(-?[\d.eE+-]+)/g)].map(([, name = '', text = '']) => [name, text]);
}

/** Encodes the values of a sample of the earlier client. */
function encodeEarlier(earlier: EarlierSample, nofix: 'zero' | 'null' = 'zero'): string {
  const { battery_info: battery, gpsinfo } = earlier;
  const telemetry: Sample['telemetry'] = {
    live: {
      error: 0,
      warning: 0,
      status: 0,
      mode: 0,
      batteryPercent: battery.percent,
      speedKmh: earlier.speed_kmh,
      averageSpeedKmh: 0,
      odometerM: earlier.total_distance_m,
      tripM: earlier.trip_distance_m,
      uptimeS: earlier.uptime_sec,
      frameTemperatureC: earlier.frame_temp,
    },
    battery: {
      remainingMah: battery.capacity,
      chargePercent: battery.percent,
      currentA: battery.current,
      voltageV: battery.voltage,
      temperature1C: battery.temperature_1 - OFFSET_C,
      temperature2C: battery.temperature_2 - OFFSET_C,
    },
    range: { remainingRangeKm: earlier.trip_distance_left_km },
  };
  const fix = {
    latitude: gpsinfo.latitude,
    longitude: gpsinfo.longitude,
    altitudeM: gpsinfo.altitude,
    speedKmh: gpsinfo.gps_speed,
    courseDeg: 0,
    time: new Date(0),
    receivedAtMs: 0,
  };
  const isFix = gpsinfo.latitude !== 0 || gpsinfo.longitude !== 0;
  return encodeSample(
    {
      telemetry,
      fix: isFix ? fix : undefined,
      takenAt: new Date(0),
      takenAtMonotonicMs: 0,
      clockSynced: true,
      bootId: 'boot',
      seq: 1,
    },
    nofix,
  );
}

describe('the numbers of a sample', () => {
  it.each(LINES.map((line, index) => [index + 1, line] as const))(
    'are written as the earlier client wrote them: sample %d',
    (_number, line) => {
      const ours = new Map(numbersIn(encodeEarlier(JSON.parse(line) as EarlierSample)));
      const earlier = numbersIn(line);
      expect(earlier.length).toBeGreaterThanOrEqual(16);
      for (const [name, text] of earlier) {
        const change = CHANGES[name];
        const hasPoint = text.includes('.');
        const expected = change ? change(Number(text)) : undefined;
        const expectedText =
          expected === undefined
            ? text
            : hasPoint && Number.isInteger(expected)
              ? `${expected}.0`
              : `${expected}`;
        expect(`${name} ${ours.get(name)}`).toBe(`${name} ${expectedText}`);
      }
    },
  );

  it('differ from those of the earlier client only if the documentation says so', () => {
    for (const name of [...Object.keys(CHANGES), ...MAY_BE_UNKNOWN]) expect(DOCUMENTED, name).toContain(name);
  });

  it('are all there, with or without a decimal point as before, whatever the receiver knows', () => {
    const forms = new Map(numbersIn(LINES[0] ?? '').map(([name, text]) => [name, text.includes('.')]));
    const float = fc.oneof(
      fc.integer({ min: -400, max: 400 }),
      fc.double({ min: -400, max: 400, noNaN: true }),
    );
    const whole = fc.nat({ max: 2_000_000 });
    const sample: fc.Arbitrary<EarlierSample> = fc.record({
      speed_kmh: float,
      total_distance_m: whole,
      trip_distance_m: whole,
      trip_distance_left_km: float,
      uptime_sec: whole,
      frame_temp: float,
      battery_info: fc.record({
        capacity: whole,
        percent: whole,
        current: float,
        voltage: float,
        temperature_1: whole,
        temperature_2: whole,
      }),
      gpsinfo: fc.record({
        latitude: float,
        longitude: float,
        altitude: fc.option(float),
        gps_speed: fc.option(float),
      }),
    });
    fc.assert(
      fc.property(sample, (earlier) => {
        const written = new Map(numbersIn(encodeEarlier(earlier)));
        for (const [name, hasPoint] of forms) {
          // Servers of the earlier client accept no null in any of its fields.
          const text = written.get(name) ?? 'missing or null';
          expect(`${name} ${text}`).toMatch(/ -?[0-9]/);
          expect(`${name} ${/[.e]/.test(text)}`).toBe(`${name} ${hasPoint}`);
        }
      }),
    );
  });
});
