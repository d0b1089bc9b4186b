import { describe, expect, it } from 'vitest';
import type { EventOf } from '../world/trace/event.ts';
import { untrueValue } from './reply-truth.ts';

/** A reply from the registers b0 to bb of a scooter at 40 km/h in the cold: b5 is the speed, b9 the trip, bb the frame. */
function reply(changes: Readonly<Record<number, number>> = {}): EventOf<'reply.sent'> {
  const words: Record<number, number> = {
    0xb5: 40_000,
    0xb7: 1_306,
    0xb9: 12,
    0xba: 90,
    0xbb: 0xffba,
    ...changes,
  };
  const data = Buffer.alloc(24);
  for (const [register, word] of Object.entries(words))
    data.writeUInt16LE(word, 2 * (Number(register) - 0xb0));
  const truth = {
    speed_signed_kmh: 40,
    total_distance_m: 1_306.4,
    trip_distance_m: 127.9,
    uptime_sec: 90.5,
    frame_temp: -7,
  };
  return {
    type: 'reply.sent',
    atMs: 0,
    id: 1,
    device: 'esc',
    register: 0xb0,
    data: data.toString('hex'),
    truth,
  };
}

describe('a reply', () => {
  it('says what the scooter is doing', () => {
    expect(untrueValue(reply(), 'pro2')).toBeUndefined();
  });

  it.each([
    ['a speed that was clamped', { 0xb5: 32_767 }, 'speed_signed_kmh'],
    ['a temperature without sign', { 0xbb: 0 }, 'frame_temp'],
    ['a trip in metres', { 0xb9: 127 }, 'trip_distance_m'],
    ['an odometer in decametres', { 0xb7: 131 }, 'total_distance_m'],
    ['an error of another scooter', { 0xb0: 15 }, undefined],
  ])('does not say it with %s', (_, changes, path) => {
    expect(untrueValue(reply(changes), 'pro2')?.path).toBe(path);
  });

  it('of a part of the registers is compared in that part', () => {
    const { data, ...others } = reply({ 0xbb: 0 });
    const part = data.slice(0, -4);
    expect(untrueValue({ ...others, data: part }, 'pro2')).toBeUndefined();
    expect(untrueValue({ ...others, register: 0xbb, data: data.slice(-4) }, 'pro2')?.path).toBe('frame_temp');
  });

  it('without the truth is not compared', () => {
    const { truth: _, ...others } = reply({ 0xbb: 0 });
    expect(untrueValue(others, 'pro2')).toBeUndefined();
  });
});
