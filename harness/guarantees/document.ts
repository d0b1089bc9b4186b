import type { Records } from '../planted-bugs/records.ts';
import { replaceGenerated, table, type Cells } from '../report/markdown.ts';
import { EXCUSE_GROUPS, summarize, type ExcuseSummary } from './excuse-groups.ts';
import type { Guarantee, Rule } from './guarantee.ts';
import { GUARANTEES } from './table.ts';

/** The page that explains the guarantees, from the project's root. */
export const GUARANTEES_PAGE = 'docs/guarantees.md';

const RULE_HEAD: Cells = ['what is checked', 'bound', 'excused by'];
const GROUP_HEAD: Cells = ['name', 'effect', 'faults'];
/** Settings such as `when_full = "drop-newest"`, names with a dot, and names in snake case. */
const NAME = /\b[a-z_]+ = "[a-z-]+"|\b[a-z]+\.(?!md\b)[a-z_]+|\b[a-z]+(?:_[a-z]+)+\b/g;

/** The page with the guarantees of today. @param current its text before */
export function guaranteesPage(current: string, records: Records): string {
  return replaceGenerated(current, guaranteeSections(records));
}

/** Each guarantee with its bounds, excuses, blind spots and the planted bugs that it objects to, as Markdown. */
function guaranteeSections(records: Records): string {
  return [
    ...Object.entries(GUARANTEES).flatMap(([id, guarantee]) => section(id, guarantee, records)),
    '## Excuses',
    'A fault that is named beside a group is excused for the time that is given with it, not for that of the group.',
    table(GROUP_HEAD, groupRows()),
  ].join('\n\n');
}

function section(id: string, { title, rules, blindSpots }: Guarantee, records: Records): string[] {
  return [
    `## ${id}`,
    `**${title}.**`,
    table(RULE_HEAD, rules.map(ruleRow)),
    'It cannot see:',
    blindSpots.map((text) => `- ${withCode(text)}`).join('\n'),
    `Planted bugs that it objects to: ${caughtBugs(id, records)}.`,
  ];
}

function ruleRow({ checks, bound, excuses }: Rule): Cells {
  return [
    withCode(checks),
    withCode(bound),
    excuses.map((each) => formatExcuses(summarize(each))).join('; '),
  ];
}

function groupRows(): Cells[] {
  return EXCUSE_GROUPS.map(({ name, about, excuses }, index) => [
    emphasis(name),
    about,
    formatExcuses(summarize(excuses, EXCUSE_GROUPS.slice(0, index))),
  ]);
}

function formatExcuses({ groups, exceptions, others }: ExcuseSummary): string {
  const except = exceptions.length > 0 ? `, except ${exceptions.map(code).join(', ')}` : '';
  const named = groups.map(emphasis).join(', ') + except;
  const rest = Array.from(others, ([about, faults]) => `${faults.map(code).join(', ')}: ${withCode(about)}`);
  return [named, ...rest].filter(Boolean).join('; ');
}

/** The planted bugs in whose kept result a guarantee is violated. */
function caughtBugs(id: string, records: Records): string {
  if (Object.keys(records).length === 0) return 'not measured yet';
  const caught = Object.entries(records).filter(([, { guarantee }]) => guarantee?.what.includes(id));
  return caught.map(([bug]) => code(bug)).join(', ') || 'none';
}

/** Marks configuration keys, fields of messages and faults in a sentence as code. */
function withCode(text: string): string {
  return text.replaceAll(NAME, code);
}

const code = (text: string): string => `\`${text}\``;
const emphasis = (text: string): string => `_${text}_`;
