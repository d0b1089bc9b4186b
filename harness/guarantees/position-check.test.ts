import { describe, expect, it } from 'vitest';
import type { EventOf } from '../world/trace/event.ts';
import { positionMismatch } from './position-check.ts';

type GpsFix = EventOf<'gps.fix'>;

const START_MS = Date.UTC(2026, 11, 31, 23, 59, 58);

/** A fix by its second; the last of its sentences at 9600 baud. */
const fixAt = (second: number, changes: Partial<GpsFix> = {}): GpsFix => ({
  type: 'gps.fix',
  atMs: second * 1_000 + 250,
  latitude: -33 - second / 1_000,
  longitude: 151,
  altitudeM: 12,
  speedKmh: 18,
  time: new Date(START_MS + second * 1_000).toISOString(),
  heard: true,
  ageMs: 160,
  ...changes,
});

/** What a sample has of a fix at a time. */
const published = ({ latitude, longitude, altitudeM, speedKmh, time, atMs }: GpsFix, nowMs: number) => ({
  latitude,
  longitude,
  altitude: altitudeM ?? null,
  gps_speed: speedKmh ?? null,
  time: time as string | null,
  fix: true,
  age_sec: (nowMs - atMs + 160) / 1_000,
});

const FORM = { placeholder: null, resolutionDeg: 2e-7 };

const mismatchAt = (nowMs: number, gpsinfo: Record<string, unknown>, fixes: readonly GpsFix[]) =>
  positionMismatch(gpsinfo, { processBeganMs: 0, fromMs: nowMs, toMs: nowMs }, fixes, FORM)?.path;

describe('the published position', () => {
  const fixes = [fixAt(1), fixAt(2), fixAt(3)];

  it('is that of the newest fix whose sentences are complete, with the age since the first of them', () => {
    expect(mismatchAt(2_900, published(fixAt(2), 2_900), fixes)).toBeUndefined();
    expect(mismatchAt(2_900, published(fixAt(1), 2_900), fixes)).toBe('gpsinfo.time');
    expect(mismatchAt(3_100, published(fixAt(3), 3_100), fixes)).toBe('gpsinfo.time');
    expect(mismatchAt(2_900, { ...published(fixAt(2), 2_900), age_sec: 0.49 }, fixes)).toBe(
      'gpsinfo.age_sec',
    );
  });

  it('may lag behind if the client cannot tell where the sentences end', () => {
    const open = [fixAt(1), fixAt(2, { ended: false }), fixAt(3)];
    expect(mismatchAt(2_900, published(fixAt(1), 2_900), open)).toBeUndefined();
    expect(mismatchAt(2_900, published(fixAt(2), 2_900), open)).toBeUndefined();
    expect(mismatchAt(3_900, published(fixAt(1), 3_900), open)).toBe('gpsinfo.time');
    expect(mismatchAt(2_150, published(fixAt(2), 2_150), open)).toBeUndefined();
    expect(mismatchAt(2_050, published(fixAt(2), 2_050), open)).toBe('gpsinfo.time');
  });

  it('has no time or that of the satellites before a date was sent, and never another one', () => {
    const undated = [fixAt(2, { dated: false })];
    const gpsinfo = published(fixAt(2), 2_900);
    expect(mismatchAt(2_900, { ...gpsinfo, time: null }, undated)).toBeUndefined();
    expect(mismatchAt(2_900, gpsinfo, undated)).toBeUndefined();
    expect(mismatchAt(2_900, { ...gpsinfo, time: '2026-12-31T00:00:00.000Z' }, undated)).toBe('gpsinfo.time');
    expect(mismatchAt(2_900, { ...gpsinfo, time: null }, [fixAt(2)])).toBe('gpsinfo.time');
  });

  it('has the placeholder for what the sentences do not contain', () => {
    const { altitudeM: _, speedKmh: __, ...position } = fixAt(2);
    expect(mismatchAt(2_900, published(position, 2_900), [position])).toBeUndefined();
    expect(mismatchAt(2_900, published(fixAt(2), 2_900), [position])).toBe('gpsinfo.altitude');
  });
});
