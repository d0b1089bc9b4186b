import type { Paint } from '../report/colours.ts';
import { formatCount, formatNumber } from '../report/units.ts';
import { batchesOf, type FuzzResult, type TargetResult } from './fuzz.ts';

const NAME_CHARS = 24;
const COUNT_CHARS = 13;
const RATE_CHARS = 11;

/** Executions of a target per second of CPU time. */
export function rateOf({ executions, cpuMs }: Pick<TargetResult, 'executions' | 'cpuMs'>): number {
  return cpuMs === 0 ? 0 : (executions / cpuMs) * 1000;
}

/** Seeds whose batches a target has run, such as `7 to 12`. */
function seedsOf({ firstSeed, batches }: TargetResult): string {
  if (batches === 0) return 'none';
  return batches === 1 ? String(firstSeed) : `${firstSeed} to ${firstSeed + batches - 1}`;
}

function outcomeOf({ target, failure, batches }: TargetResult, paint: Paint): string {
  if (failure) return paint('red', 'failed');
  if (batches >= batchesOf(target)) return 'ok, all inputs';
  return batches === 0 ? 'not run' : 'ok';
}

/** The table of what was executed, and the totals. */
export function resultLines({ targets, blocks }: FuzzResult, paint: Paint): string[] {
  const row = (...[name = '', count = '', rate = '', seeds = '', outcome = '']: string[]): string =>
    `${name.padEnd(NAME_CHARS)}${count.padStart(COUNT_CHARS)}${rate.padStart(RATE_CHARS)}  ${seeds.padEnd(24)}${outcome}`;
  const executions = targets.reduce((sum, { executions: count }) => sum + count, 0);
  const failed = targets.filter(({ failure }) => failure);
  return [
    row('target', 'executions', 'per CPU s', 'seeds', 'outcome'),
    ...targets.flatMap((result) => [
      row(
        result.target.name,
        formatNumber(result.executions),
        formatNumber(rateOf(result)),
        seedsOf(result),
        outcomeOf(result, paint),
      ),
      ...tallyLines(result),
    ]),
    `${formatNumber(executions)} executions of ${formatCount(targets.length, 'target')}, ${failed.length} failed; ` +
      `${formatNumber(blocks.reached)} of ${formatNumber(blocks.known)} branches of the loaded sources reached`,
  ];
}

function tallyLines({ tallies }: TargetResult): string[] {
  const parts = Object.entries(tallies).map(([what, count]) => `${formatNumber(count)} ${what}`);
  return parts.length === 0 ? [] : [`  ${parts.join(', ')}`];
}
