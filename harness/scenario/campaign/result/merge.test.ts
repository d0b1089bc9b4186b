import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../report/summary.ts';
import { CRASHED, FAILED, PASSED } from '../../../report/testing/reports.ts';
import { EVENT_IDS } from '../../../sometimes/table.ts';
import { mergeResults, type ResultFile } from './merge.ts';
import { formatResult, readResult, type CampaignResult } from './result.ts';
import { seedsOf, shardArgument } from './shard.ts';
import { sumOf, totalsOf } from './totals.ts';

const SETTINGS = { from: 5, minutes: 10, commit: 'abc', node: 'v20.20.0' };

/** A report of a seed that depends on nothing but the seed. */
function reportOf(seed: number): Report {
  const id = EVENT_IDS[seed % EVENT_IDS.length] ?? 'quarantine';
  if (seed % 7 === 0) return CRASHED;
  const report = seed % 5 === 0 ? FAILED : PASSED;
  const guarantees = report.guarantees.map((result) => ({ ...result, shares: { [seed % 4]: 1 } }));
  return { ...report, guarantees, events: { [id]: (seed % 3) + 1 } };
}

function resultOf(seeds: number, index: number, count: number): CampaignResult {
  const settings = { ...SETTINGS, seeds, shard: { index, count } };
  const ran = seedsOf(settings, settings.shard).map((seed) => ({ seed, report: reportOf(seed) }));
  return {
    ...settings,
    totals: sumOf(ran.map(({ report, seed }) => totalsOf(report, seed))),
    failures: ran.map(({ report }) => report).filter(({ passed }) => !passed),
  };
}

const filesOf = (results: readonly CampaignResult[]): ResultFile[] =>
  results.map((result) => ({ path: `${result.shard.index}.json`, result }));

const shardsOf = (seeds: number, count: number): CampaignResult[] =>
  Array.from({ length: count }, (_, index) => resultOf(seeds, index + 1, count));

describe('merging the shards of a campaign', () => {
  it('gives the result that one machine would have had, whatever the order of the files', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }), (seeds, count) => {
        const whole = resultOf(seeds, 1, 1);
        const merged = mergeResults(filesOf(shardsOf(seeds, count)).toReversed());
        expect({ ...merged, failures: [] }).toEqual({ ...whole, failures: [] });
        expect(merged.failures).toHaveLength(whole.failures.length);
      }),
    );
  });

  it('distributes every seed to exactly one shard, and about as many to each', () => {
    const sizes = shardsOf(100, 7).map((result) => seedsOf(result, result.shard));
    expect(sizes.flat().toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 100 }, (_, index) => index + 5),
    );
    expect(new Set(sizes.map(({ length }) => length))).toEqual(new Set([14, 15]));
  });

  it.each([
    ['commits', { commit: 'def' }, '1.json has abc, 2.json has def'],
    ['durations (--minutes)', { minutes: 1 }, '1.json has 10, 2.json has 1'],
  ])('is refused for different %s', (what, change, values) => {
    const [first, second] = shardsOf(20, 2);
    const files = filesOf([first, second].flatMap((result) => result ?? []));
    const mixed = files.map(({ path, result }) => ({
      path,
      result: path === '2.json' ? { ...result, ...change } : result,
    }));
    expect(() => mergeResults(mixed)).toThrow(
      `The results have different ${what}, and cannot be merged: ${values}`,
    );
  });

  it('is refused if a shard is missing, is there twice, or was stopped, or if no commit is known', () => {
    const results = shardsOf(20, 3);
    expect(() => mergeResults(filesOf(results.slice(1)))).toThrow('shard 1/3 is missing');
    expect(() => mergeResults(filesOf([...results, ...results.slice(0, 1)]))).toThrow(
      'shard 1/3 is both in 1.json and in 1.json',
    );
    const stopped = results.map((result) => ({ ...result, totals: { ...result.totals, runs: 4 } }));
    expect(() => mergeResults(filesOf(stopped))).toThrow('shard 2/3 in 2.json ended after 4 of 7 seeds');
    const unknown = results.map((result) => ({ ...result, commit: 'unknown' }));
    expect(() => mergeResults(filesOf(unknown))).toThrow('set MARTINETE_COMMIT');
  });

  it('reads back the file of a result, and rejects other files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'martinete-result-'));
    const path = join(folder, 'result.json');
    try {
      const [result] = shardsOf(20, 1);
      expect(result && readResultFrom(path, formatResult(result))).toMatchObject(result ?? {});
      for (const other of ['', '{}', '[', JSON.stringify({ ...result, format: 'martinete campaign 0' })]) {
        expect(() => readResultFrom(path, other)).toThrow('is not the result of a campaign of this version');
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function readResultFrom(path: string, text: string): CampaignResult {
  writeFileSync(path, text);
  return readResult(path);
}

it.each(['0/3', '4/3', '1', '1/', 'a/b', '-1/2'])('rejects the shard %s', (text) => {
  expect(() => shardArgument(text)).toThrow('such as 2/8');
});
