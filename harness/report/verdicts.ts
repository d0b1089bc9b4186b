import { printable } from '../../client/printable.ts';
import type { Paint } from './colours.ts';
import type { GuaranteeSummary, Summary } from './summary.ts';
import { formatCount } from './units.ts';

/**
 * A line for every guarantee that a run was judged by: how often it might have failed, how close it came, and its
 * bound; and one to tell equal runs by.
 */
export function verdictLines({ guarantees, seed, hash }: Summary, paint: Paint): readonly string[] {
  return [...guarantees.map((guarantee) => verdictLine(guarantee, paint)), `seed ${seed}, trace ${hash}`];
}

function verdictLine(
  { id, title, occasions, closest, violationCount }: GuaranteeSummary,
  paint: Paint,
): string {
  const held = violationCount === 0;
  const mark = held ? paint(occasions > 0 ? 'green' : 'grey', id) : paint('red', id);
  const times = held
    ? formatCount(occasions, 'occasion')
    : `broken ${formatCount(violationCount, 'time')} on ${formatCount(occasions, 'occasion')}`;
  const margin = closest
    ? `, closest ${printable(closest.measured)} (bound ${printable(closest.bound)})`
    : '';
  return `${mark}  ${title}  ${paint('grey', `${times}${margin}`)}`;
}
