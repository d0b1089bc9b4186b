import fc from 'fast-check';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode, formatInput } from './input-json.ts';
import { readRegressions } from './regression.ts';
import { runBatch } from './run-batch.ts';
import { findTarget, TARGETS } from './table.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Of every run of `npm test`: what fails here fails everywhere. */
const SEED = 20_261_130;
const SAMPLES = 20;

describe.each(TARGETS)('$name', (target) => {
  it(`holds: ${target.about}`, async () => {
    const { failure, executions } = await runBatch(target, SEED, target.runs);
    expect(failure?.stack).toBeUndefined();
    expect(executions).toBe(target.runs);
  });

  it('has inputs that JSON can hold', () => {
    const { inputs } = target;
    const samples =
      inputs.kind === 'random'
        ? fc.sample(inputs.arbitrary, { seed: SEED, numRuns: SAMPLES })
        : Array.from({ length: SAMPLES }, (_, index) => inputs.at(index));
    for (const sample of samples) expect(decode(JSON.parse(formatInput(sample)))).toEqual(sample);
  });
});

it('has a name for each target that can be that of a folder, and no two the same', () => {
  const names = TARGETS.map(({ name }) => name);
  expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

it.each(readRegressions(ROOT))('an input that failed once holds now: $target/$name', async (stored) => {
  await findTarget(stored.target).check(stored.regression.input, () => undefined);
});
