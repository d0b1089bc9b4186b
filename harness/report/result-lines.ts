import { printable } from '../../client/printable.ts';
import type { Paint } from './colours.ts';
import type { GuaranteeSummary, Summary } from './summary.ts';
import { formatCount } from './units.ts';

/**
 * Formats one line per guarantee: the number of checks and violations, the value closest to its bound; then one line
 * with seed and trace hash, which are the same for equal runs.
 */
export function resultLines({ guarantees, seed, hash }: Summary, paint: Paint): readonly string[] {
  return [...guarantees.map((guarantee) => resultLine(guarantee, paint)), `seed ${seed}, trace ${hash}`];
}

function resultLine(
  { id, title, occasions, closest, violationCount }: GuaranteeSummary,
  paint: Paint,
): string {
  const held = violationCount === 0;
  const mark = held ? paint(occasions > 0 ? 'green' : 'grey', id) : paint('red', id);
  const times = held
    ? formatCount(occasions, 'check')
    : `violated ${formatCount(violationCount, 'time')} in ${formatCount(occasions, 'check')}`;
  const margin = closest
    ? `, closest ${printable(closest.measured)} (bound ${printable(closest.bound)})`
    : '';
  return `${mark}  ${title}  ${paint('grey', `${times}${margin}`)}`;
}
