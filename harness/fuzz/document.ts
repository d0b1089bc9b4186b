import { table } from '../report/markdown.ts';
import { TARGETS } from './table.ts';

/** All targets as a Markdown table. */
export function targetTable(): string {
  return table(
    ['`--target`', 'what is attacked, and what has to hold'],
    TARGETS.map(({ name, about }) => [`\`${name}\``, `${about.charAt(0).toUpperCase()}${about.slice(1)}.`]),
  );
}
