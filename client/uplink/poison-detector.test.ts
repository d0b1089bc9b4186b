import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SampleId } from '../outbox/stored-sample.ts';
import { PoisonDetector, type ConnectionRecord } from './poison-detector.ts';

const WINDOW = 64;
const WORKING: ConnectionRecord = { upMs: 1_000, acknowledged: 3, inFlightMs: 10 };

const sample = (seq: number): SampleId => ({ bootId: 'a', seq });
const samples = (from: number, to: number): SampleId[] =>
  Array.from({ length: to - from + 1 }, (_, index) => sample(from + index));

let detector: PoisonDetector;
beforeEach(() => {
  vi.useFakeTimers();
  detector = new PoisonDetector();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Simulates disconnects on one sample, a minute apart; returns the result of the last one. */
function disconnects(seq: number, count: number, record = WORKING): SampleId | undefined {
  let poison: SampleId | undefined;
  for (let left = count; left > 0; left--) {
    poison = detector.disconnected([sample(seq)], record);
    vi.advanceTimersByTime(60_000);
  }
  return poison;
}

describe('the detector of a sample that makes the broker disconnect', () => {
  it('suspects no sample if a connection is lost with none in flight', () => {
    for (let time = 0; time < 10; time += 1) {
      const poison = detector.disconnected<SampleId>([], WORKING);
      expect(poison).toBeUndefined();
    }
    expect(detector.window(WINDOW)).toBe(WINDOW);
  });

  it('has samples sent one at a time until all that were in flight are acknowledged', () => {
    detector.disconnected(samples(1, 10), WORKING);
    for (const id of samples(1, 9)) {
      expect(detector.window(WINDOW)).toBe(1);
      detector.acknowledged(id);
    }
    expect(detector.window(WINDOW)).toBe(1);
    detector.acknowledged(sample(10));
    expect(detector.window(WINDOW)).toBe(WINDOW);
  });

  it('quarantines a sample at the third disconnect within at least two minutes, not before', () => {
    expect(disconnects(1, 2)).toBeUndefined();
    expect(disconnects(1, 1)).toEqual(sample(1));
  });

  it('does not quarantine a sample in less than two minutes, whatever the number of disconnects', () => {
    for (let time = 0; time < 100; time += 1) {
      expect(detector.disconnected([sample(1)], WORKING)).toBeUndefined();
      vi.advanceTimersByTime(1_000);
    }
  });

  it.each([
    ['that was neither acknowledged nor stable', { ...WORKING, upMs: 29_999, acknowledged: 0 }],
    ['that was lost long after the sample was sent', { ...WORKING, inFlightMs: 6_000 }],
  ])('does not count a connection %s', (_, record) => {
    expect(disconnects(1, 10, record)).toBeUndefined();
  });

  it('counts a connection that was up for 30 s, even without acknowledgements', () => {
    expect(disconnects(1, 3, { ...WORKING, upMs: 30_000, acknowledged: 0 })).toEqual(sample(1));
  });

  it('does not count a disconnect with several samples in flight', () => {
    for (let time = 0; time < 10; time += 1) {
      expect(detector.disconnected(samples(1, 2), WORKING)).toBeUndefined();
      vi.advanceTimersByTime(60_000);
    }
  });

  it('requires a stable connection without the suspect first, and clears the suspect if that connection is lost', () => {
    expect(detector.minUpMs(sample(1))).toBe(0);
    disconnects(1, 2);
    expect(detector.minUpMs(sample(1))).toBe(30_000);
    expect(detector.minUpMs(sample(2))).toBe(0);
    detector.lost([]);
    expect(detector.minUpMs(sample(1))).toBe(0);
    expect(disconnects(1, 2)).toBeUndefined();
  });

  it('clears the suspect only if a connection is lost without it, even with other samples in flight', () => {
    disconnects(1, 2);
    detector.lost(samples(1, 2));
    expect(detector.isProbing).toBe(true);
    detector.lost([sample(2)]);
    expect(detector.isProbing).toBe(false);
  });

  it('counts from zero for another suspect', () => {
    disconnects(1, 2);
    detector.acknowledged(sample(1));
    expect(disconnects(2, 2)).toBeUndefined();
    expect(disconnects(2, 1)).toEqual(sample(2));
  });

  it('quarantines a second sample before an hour has passed only if the broker has acknowledged one', () => {
    disconnects(1, 3);
    detector.quarantined(sample(1));
    expect(disconnects(2, 10)).toBeUndefined();
    detector.acknowledged(sample(2));
    expect(disconnects(3, 3)).toEqual(sample(3));
  });

  it('quarantines a second sample after an hour, on the same evidence, even if the broker acknowledges none', () => {
    disconnects(1, 3);
    detector.quarantined(sample(1));
    vi.advanceTimersByTime(3_600_000);
    expect(disconnects(2, 2)).toBeUndefined();
    expect(disconnects(2, 1)).toEqual(sample(2));
  });

  it('clears a suspect that was dropped once the broker acknowledges a later sample', () => {
    disconnects(1, 2);
    expect(detector.isProbing).toBe(true);
    detector.acknowledged({ bootId: 'b', seq: 2 });
    expect(detector.isProbing).toBe(true);
    detector.acknowledged(sample(2));
    expect(detector.isProbing).toBe(false);
  });

  it('does not wait for a sample that was dropped in the meantime', () => {
    detector.disconnected(samples(1, 2), WORKING);
    detector.acknowledged(sample(2));
    expect(detector.window(WINDOW)).toBe(WINDOW);
  });
});
