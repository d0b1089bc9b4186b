import { formatCount } from '../report/units.ts';
import { OBJECTORS } from './objection.ts';
import type { BugRecord } from './records.ts';

/**
 * Counts who objected first, and to how many bugs a guarantee objects, as one sentence. Bugs that were not played until a
 * guarantee objects make that number a minimum.
 */
export function tallyOf(results: readonly BugRecord[]): string {
  const counts = OBJECTORS.map((objector) => {
    const count = results.filter(({ first }) => first?.by === objector).length;
    return `${count} by ${objector === 'expectation' ? 'an' : 'a'} ${objector}`;
  });
  const nobody = results.filter(({ first }) => first === null).length;
  const caught = results.filter(({ guarantee }) => guarantee).length;
  const isMinimum = results.some(({ first, guarantee }) => first !== null && guarantee === undefined);
  const percent = results.length > 0 ? Math.floor((100 * caught) / results.length) : 0;
  return (
    `${formatCount(results.length, 'bug')}, objected to first: ${counts.join(', ')}, ${nobody} by nobody; ` +
    `a guarantee objects to ${isMinimum ? 'at least ' : ''}${caught} (${percent} %)`
  );
}
