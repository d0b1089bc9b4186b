import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nameOf } from './regression.ts';
import { runBatch, type BatchResult } from './run-batch.ts';
import { fuzzTarget, random, type TargetOptions } from './target.ts';

const RUNS = 200;

/** A target that fails for numbers from 100 on. */
const large = (inputs: TargetOptions<number>['inputs']) =>
  fuzzTarget<number>({
    name: 'large',
    about: 'numbers',
    inputs,
    check: (input, tally) => {
      tally('numbers');
      if (input >= 100) throw new RangeError(`${input} is too large`);
    },
    runs: RUNS,
  });

it('shrinks an input that fails, and finds the same one again with the same seed', async () => {
  const target = large(random(fc.nat(10_000)));
  const results: BatchResult[] = [];
  for (let time = 0; time < 2; time += 1) results.push(await runBatch(target, 5, RUNS));
  expect(results[0]).toEqual(results[1]);
  expect(results[0]?.failure).toMatchObject({ input: 100, message: '100 is too large' });
  expect(results[0]?.failure?.stack).toContain('run-batch.test.ts');
  expect(results[0]?.tallies['numbers']).toBe(results[0]?.executions);
});

it('tries all inputs of a target that has few, a batch after the other', async () => {
  const tried: unknown[] = [];
  const target = large({ kind: 'all', count: 10, at: (index) => index });
  for (const seed of [3, 4, 5]) await runBatch(target, seed, 4, (input) => tried.push(input));
  expect(tried).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3]);
  const all = large({ kind: 'all', count: 1000, at: (index) => index });
  expect(await runBatch(all, 0, 500)).toMatchObject({ executions: 101, failure: { input: 100 } });
});

it('names a failure after its message and its input', () => {
  const failure = { message: 'Has NOT "held":\nmore', input: { bytes: { hex: '00' } } };
  expect(nameOf(failure)).toMatch(/^has-not-held-[0-9a-f]{6}$/);
  expect(nameOf({ ...failure, input: 1 })).not.toBe(nameOf(failure));
});
