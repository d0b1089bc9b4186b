import { replaceGenerated, table } from '../report/markdown.ts';
import { formatCount, formatTimestamp } from '../report/units.ts';
import type { Bug } from './bug.ts';
import type { BugRecord, Records } from './records.ts';
import { formatGuarantee, formatObjection } from './result-lines.ts';
import { tallyOf } from './tally.ts';

/** The page with the results, from the project's root. */
export const PAGE = 'docs/planted-bugs.md';

const HEAD = ['bug', 'what the client does wrong', 'objects first', 'guarantee', 'play', 'first moment'];
const NOT_PLAYED = 'not played yet';

/** The page with the kept results of today. @param current its text before */
export function pageText(current: string, bugs: readonly Bug[], records: Records): string {
  return replaceGenerated(current, bugTables(bugs, records));
}

/** The planted bugs and their kept results as Markdown: one table for each set. */
export function bugTables(bugs: readonly Bug[], records: Records): string {
  const sets = [...new Set(bugs.map(({ set }) => set))].toSorted();
  if (sets.length === 0) return 'There are no planted bugs yet.';
  return sets
    .map((set) =>
      section(
        set,
        bugs.filter((bug) => bug.set === set),
        records,
      ),
    )
    .join('\n\n');
}

function section(set: string, bugs: readonly Bug[], records: Records): string {
  const played = bugs.flatMap(({ id }) => records[id] ?? []);
  const left = bugs.length - played.length;
  const unplayed =
    left === 0
      ? ''
      : ` ${formatCount(left, 'bug')} of this set ${left === 1 ? 'was' : 'were'} not played yet.`;
  const rows = bugs.map((bug) => row(bug, records[bug.id]));
  return [`### Set \`${set}\``, `${tallyOf(played)}.${unplayed}`, table(HEAD, rows)].join('\n\n');
}

function row({ id, about, seen }: Bug, record: BugRecord | undefined): readonly string[] {
  const what = seen === undefined ? about : `${about} ([seen](${seen}))`;
  if (!record) return [`\`${id}\``, what, NOT_PLAYED, '', '', ''];
  const { first, guarantee } = record;
  const shown = guarantee ?? first;
  const moment = shown?.atMs === undefined ? '' : formatTimestamp(shown.atMs);
  const checked = first === null ? '' : formatGuarantee(guarantee);
  return [`\`${id}\``, what, formatObjection(first), checked, shown?.play ?? '', moment];
}
