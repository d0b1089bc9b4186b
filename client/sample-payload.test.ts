import { afterEach, describe, expect, it, vi } from 'vitest';
import { MAX_FIX_AGE_MS, type Fix } from './gps/fix.ts';
import { encodeSample, localTimestamp, type Sample } from './sample-payload.ts';

const TELEMETRY = {
  live: {
    error: 0,
    warning: 9,
    status: 0x0002,
    mode: 1,
    batteryPercent: 63,
    speedKmh: 17.25,
    averageSpeedKmh: 12,
    odometerM: 1_306_083,
    tripM: 420,
    uptimeS: 635,
    frameTemperatureC: 25,
  },
  battery: {
    remainingMah: 7417,
    chargePercent: 63,
    currentA: 0.01,
    voltageV: 36.76,
    temperature1C: 25,
    temperature2C: -3,
  },
  range: { remainingRangeKm: 26.1 },
} as const satisfies Sample['telemetry'];

const FIX: Fix = {
  latitude: 43.3289337,
  longitude: -8.4083096,
  altitudeM: 176,
  speedKmh: 16.5,
  courseDeg: 90,
  time: new Date('2026-05-04T06:00:00Z'),
  receivedAtMs: 10_000,
};

function encode(changes: Partial<Sample> = {}, nofix: 'zero' | 'null' = 'zero'): Record<string, unknown> {
  const sample: Sample = {
    telemetry: TELEMETRY,
    fix: FIX,
    takenAt: new Date('2026-05-04T06:00:01.250Z'),
    takenAtMonotonicMs: 11_250,
    clockSynced: true,
    bootId: '00112233',
    seq: 7,
    ...changes,
  };
  return JSON.parse(encodeSample(sample, nofix)) as Record<string, unknown>;
}

afterEach(() => vi.unstubAllEnvs());

describe('a published sample', () => {
  it('has the fields of the earlier client first and in their order, then the new ones', () => {
    expect(Object.keys(encode())).toEqual([
      'timestamp',
      'speed_kmh',
      'total_distance_m',
      'trip_distance_m',
      'trip_distance_left_km',
      'uptime_sec',
      'frame_temp',
      'battery_info',
      'gpsinfo',
      'boot_id',
      'seq',
      'clock_synced',
      'error',
      'warning',
      'locked',
      'mode',
      'speed_signed_kmh',
    ]);
    expect(Object.keys(encode()['battery_info'] as object)).toEqual([
      'capacity',
      'percent',
      'current',
      'voltage',
      'temperature_1',
      'temperature_2',
    ]);
  });

  it('has a negative speed as 0, and signed in a field of its own', () => {
    const telemetry = { ...TELEMETRY, live: { ...TELEMETRY.live, speedKmh: -2.5 } };
    expect(encode({ telemetry })).toMatchObject({ speed_kmh: 0, speed_signed_kmh: -2.5 });
  });

  it('has every field without any block, with null for the values of the scooter', () => {
    const silent = encode({ telemetry: { live: null, battery: null, range: null } });
    expect(Object.keys(silent)).toEqual(Object.keys(encode()));
    expect(Object.keys(silent['battery_info'] as object)).toEqual(
      Object.keys(encode()['battery_info'] as object),
    );
    expect(silent).toMatchObject({ speed_kmh: null, locked: null, error: null, speed_signed_kmh: null });
    expect(Object.values(silent['battery_info'] as object)).toEqual(Array(6).fill(null));
    expect(silent).toMatchObject({ gpsinfo: { fix: true }, boot_id: '00112233', seq: 7, clock_synced: true });
  });

  it.each([
    ['live', ['battery_info', 'trip_distance_left_km']],
    ['battery', ['speed_kmh', 'total_distance_m', 'locked', 'trip_distance_left_km']],
    ['range', ['speed_kmh', 'total_distance_m', 'locked', 'battery_info']],
  ] as const)('without the block %s has the values of the others', (block, others) => {
    const silent = encode({ telemetry: { ...TELEMETRY, [block]: null } });
    const whole = encode();
    for (const field of others) expect(silent[field]).toEqual(whole[field]);
  });

  it('has the newest fix with its age', () => {
    expect(encode()['gpsinfo']).toEqual({
      latitude: 43.3289337,
      longitude: -8.4083096,
      altitude: 176,
      gps_speed: 16.5,
      fix: true,
      age_sec: 1.25,
      time: '2026-05-04T06:00:00.000Z',
    });
  });

  it.each([
    ['zero', 0],
    ['null', null],
  ] as const)('has %s for what the receiver does not know, beside its position', (nofix, none) => {
    const fix = { ...FIX, altitudeM: null, speedKmh: null, courseDeg: null, time: null };
    expect(encode({ fix }, nofix)['gpsinfo']).toEqual({
      latitude: 43.3289337,
      longitude: -8.4083096,
      altitude: none,
      gps_speed: none,
      fix: true,
      age_sec: 1.25,
      time: null,
    });
  });

  it.each([
    ['zero', 0],
    ['null', null],
  ] as const)('has %s for the position if there never was a fix', (nofix, none) => {
    expect(encode({ fix: undefined }, nofix)['gpsinfo']).toEqual({
      latitude: none,
      longitude: none,
      altitude: none,
      gps_speed: none,
      fix: false,
      age_sec: null,
      time: null,
    });
  });

  it('has no position from an old fix, but its age and time', () => {
    const { receivedAtMs } = FIX;
    expect(encode({ takenAtMonotonicMs: receivedAtMs + MAX_FIX_AGE_MS })['gpsinfo']).toMatchObject({
      fix: true,
    });
    expect(encode({ takenAtMonotonicMs: receivedAtMs + MAX_FIX_AGE_MS + 1 })['gpsinfo']).toMatchObject({
      latitude: 0,
      fix: false,
      age_sec: 3.001,
      time: '2026-05-04T06:00:00.000Z',
    });
  });
});

describe('a local timestamp', () => {
  it.each([
    ['UTC', '2026-05-04T06:00:01.250+00:00'],
    ['Europe/Madrid', '2026-05-04T08:00:01.250+02:00'],
    ['America/New_York', '2026-05-04T02:00:01.250-04:00'],
    ['America/St_Johns', '2026-05-04T03:30:01.250-02:30'],
    ['Asia/Kolkata', '2026-05-04T11:30:01.250+05:30'],
    ['Pacific/Auckland', '2026-05-04T18:00:01.250+12:00'],
  ])('has the offset of %s', (zone, expected) => {
    vi.stubEnv('TZ', zone);
    const date = new Date('2026-05-04T06:00:01.250Z');
    expect(localTimestamp(date)).toBe(expected);
    expect(new Date(localTimestamp(date))).toEqual(date);
  });
});
