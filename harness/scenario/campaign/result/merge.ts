import { ClientError } from '../../../../client/errors.ts';
import { UNKNOWN_COMMIT } from '../../../report/commit.ts';
import { formatCount } from '../../../report/units.ts';
import type { CampaignResult } from './result.ts';
import { seedsOf, WHOLE } from './shard.ts';
import { sumOf } from './totals.ts';

/** A result with the path of its file. */
export interface ResultFile {
  readonly path: string;
  readonly result: CampaignResult;
}

/** What all shards of a campaign have in common. */
const SHARED: Readonly<Record<string, (result: CampaignResult) => string | number>> = {
  commits: ({ commit }) => commit,
  'first seeds (--from)': ({ from }) => from,
  'numbers of seeds (--seeds)': ({ seeds }) => seeds,
  'durations (--minutes)': ({ minutes }) => minutes,
  'numbers of shards': ({ shard }) => shard.count,
};

/**
 * Merges the results of all shards of a campaign.
 * @throws ClientError `config` if they belong to different campaigns or commits, or are incomplete
 */
export function mergeResults(files: readonly ResultFile[]): CampaignResult {
  const [first] = files;
  if (!first) throw new ClientError('config', 'No results to merge');
  for (const [what, valueOf] of Object.entries(SHARED)) {
    const other = files.find(({ result }) => valueOf(result) !== valueOf(first.result));
    if (!other) continue;
    const values = [first, other].map(({ path, result }) => `${path} has ${valueOf(result)}`);
    throw new ClientError(
      'config',
      `The results have different ${what}, and cannot be merged: ${values.join(', ')}`,
    );
  }
  if (files.length > 1 && first.result.commit === UNKNOWN_COMMIT) {
    throw new ClientError(
      'config',
      'The commit of the results is unknown, so that they may be of different ones: set MARTINETE_COMMIT where the campaign runs',
    );
  }
  const { count } = first.result.shard;
  const shards = Array.from({ length: count }, (_, index) =>
    files.filter(({ result }) => result.shard.index === index + 1),
  );
  const problems = shards.flatMap((found, index) => shardProblems(found, `shard ${index + 1}/${count}`));
  if (problems.length > 0)
    throw new ClientError('config', `The results are incomplete:\n  ${problems.join('\n  ')}`);
  const results = files.map(({ result }) => result);
  const node = [...new Set(results.map(({ node }) => node))].join(', ');
  return {
    ...first.result,
    node,
    shard: WHOLE,
    totals: sumOf(results.map(({ totals }) => totals)),
    failures: results.flatMap(({ failures }) => failures),
  };
}

function shardProblems(files: readonly ResultFile[], name: string): string[] {
  const [file, duplicate] = files;
  if (!file) return [`${name} is missing`];
  if (duplicate) return [`${name} is both in ${file.path} and in ${duplicate.path}`];
  const { path, result } = file;
  const expected = seedsOf(result, result.shard).length;
  if (result.totals.runs === expected) return [];
  return [`${name} in ${path} ended after ${result.totals.runs} of ${formatCount(expected, 'seed')}`];
}
