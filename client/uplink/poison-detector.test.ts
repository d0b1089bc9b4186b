import { describe, expect, it } from 'vitest';
import type { Entry } from '../outbox/entry.ts';
import { Suspicion } from './suspicion.ts';

const WINDOW = 64;

const sample = (seq: number): Entry => ({
  key: `0000000001/${String(seq).padStart(10, '0')}`,
  payload: '',
  atMs: 0,
  wallMs: 0,
  clockSynced: true,
});
const samples = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => sample(from + index));

describe('the search for the sample on which the broker hangs up', () => {
  it('suspects nobody of a connection that broke with nothing on its way', () => {
    const suspicion = new Suspicion();
    for (let time = 0; time < 10; time += 1) expect(suspicion.hungUp([])).toBeUndefined();
    expect(suspicion.window(WINDOW)).toBe(WINDOW);
  });

  it('sends one at a time until all that were on their way have arrived', () => {
    const suspicion = new Suspicion();
    suspicion.hungUp(samples(1, 10));
    for (const entry of samples(1, 9)) {
      expect(suspicion.window(WINDOW)).toBe(1);
      suspicion.acknowledged(entry);
    }
    expect(suspicion.window(WINDOW)).toBe(1);
    suspicion.acknowledged(sample(10));
    expect(suspicion.window(WINDOW)).toBe(WINDOW);
  });

  it('finds the same one at the third hang-up, not before', () => {
    const suspicion = new Suspicion();
    expect(suspicion.hungUp(samples(1, 10))).toBeUndefined();
    expect(suspicion.hungUp([sample(1)])).toBeUndefined();
    expect(suspicion.hungUp([sample(1)])).toEqual(sample(1));
  });

  it('begins to count anew with another one', () => {
    const suspicion = new Suspicion();
    suspicion.hungUp([sample(1)]);
    suspicion.hungUp([sample(1)]);
    suspicion.acknowledged(sample(1));
    expect(suspicion.hungUp([sample(2)])).toBeUndefined();
    expect(suspicion.hungUp([sample(2)])).toBeUndefined();
    expect(suspicion.hungUp([sample(2)])).toEqual(sample(2));
  });

  it('condemns no second one before the broker has taken any', () => {
    const suspicion = new Suspicion();
    for (let time = 0; time < 3; time += 1) suspicion.hungUp([sample(1)]);
    suspicion.setAside();
    for (let time = 0; time < 10; time += 1) expect(suspicion.hungUp([sample(2)])).toBeUndefined();
    suspicion.acknowledged(sample(2));
    for (let time = 0; time < 2; time += 1) expect(suspicion.hungUp([sample(3)])).toBeUndefined();
    expect(suspicion.hungUp([sample(3)])).toEqual(sample(3));
  });

  it('names the culprit again where it could not be set aside', () => {
    const suspicion = new Suspicion();
    for (let time = 0; time < 3; time += 1) suspicion.hungUp([sample(1)]);
    expect(suspicion.hungUp([sample(1)])).toEqual(sample(1));
  });
});
