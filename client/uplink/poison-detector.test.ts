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

/** Hang-ups on one sample, a minute apart; returns what the last one says. */
function hangUps(seq: number, count: number, record = WORKING): SampleId | undefined {
  let poison: SampleId | undefined;
  for (let left = count; left > 0; left--) {
    poison = detector.hungUp([sample(seq)], record);
    vi.advanceTimersByTime(60_000);
  }
  return poison;
}

describe('the search for the sample on which the broker hangs up', () => {
  it('suspects none if a connection breaks with nothing in flight', () => {
    for (let time = 0; time < 10; time += 1) {
      const poison = detector.hungUp<SampleId>([], WORKING);
      expect(poison).toBeUndefined();
    }
    expect(detector.window(WINDOW)).toBe(WINDOW);
  });

  it('sends one at a time until all that were in flight have arrived', () => {
    detector.hungUp(samples(1, 10), WORKING);
    for (const id of samples(1, 9)) {
      expect(detector.window(WINDOW)).toBe(1);
      detector.acknowledged(id);
    }
    expect(detector.window(WINDOW)).toBe(1);
    detector.acknowledged(sample(10));
    expect(detector.window(WINDOW)).toBe(WINDOW);
  });

  it('convicts one at the third hang-up over two minutes, not before', () => {
    expect(hangUps(1, 2)).toBeUndefined();
    expect(hangUps(1, 1)).toEqual(sample(1));
  });

  it('does not convict one in less than two minutes, however often the broker hangs up', () => {
    for (let time = 0; time < 100; time += 1) {
      expect(detector.hungUp([sample(1)], WORKING)).toBeUndefined();
      vi.advanceTimersByTime(1_000);
    }
  });

  it.each([
    ['that had not worked', { ...WORKING, upMs: 29_999, acknowledged: 0 }],
    ['that broke long after the sample went out', { ...WORKING, inFlightMs: 6_000 }],
  ])('counts no connection %s', (_, record) => {
    expect(hangUps(1, 10, record)).toBeUndefined();
  });

  it('counts a connection that had been up for 30 s, whatever was acknowledged on it', () => {
    expect(hangUps(1, 3, { ...WORKING, upMs: 30_000, acknowledged: 0 })).toEqual(sample(1));
  });

  it('counts no hang-up on several samples at once', () => {
    for (let time = 0; time < 10; time += 1) {
      expect(detector.hungUp(samples(1, 2), WORKING)).toBeUndefined();
      vi.advanceTimersByTime(60_000);
    }
  });

  it('lets the next connection prove first that it holds without the suspect, and starts again if it does not', () => {
    expect(detector.minUpMs(sample(1))).toBe(0);
    hangUps(1, 2);
    expect(detector.minUpMs(sample(1))).toBe(30_000);
    expect(detector.minUpMs(sample(2))).toBe(0);
    detector.lostWithoutSuspect();
    expect(detector.minUpMs(sample(1))).toBe(0);
    expect(hangUps(1, 2)).toBeUndefined();
  });

  it('starts again with another one', () => {
    hangUps(1, 2);
    detector.acknowledged(sample(1));
    expect(hangUps(2, 2)).toBeUndefined();
    expect(hangUps(2, 1)).toEqual(sample(2));
  });

  it('convicts no second one before the broker has acknowledged any', () => {
    hangUps(1, 3);
    detector.quarantined(sample(1));
    expect(hangUps(2, 10)).toBeUndefined();
    detector.acknowledged(sample(2));
    expect(hangUps(3, 3)).toEqual(sample(3));
  });

  it('is not held up by a sample that was dropped meanwhile', () => {
    detector.hungUp(samples(1, 2), WORKING);
    detector.acknowledged(sample(2));
    expect(detector.window(WINDOW)).toBe(WINDOW);
  });
});
