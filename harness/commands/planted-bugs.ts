import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { ClientError } from '../../client/errors.ts';
import { guaranteesPage, GUARANTEES_PAGE } from '../guarantees/document.ts';
import { Copies } from '../planted-bugs/copy.ts';
import { pageText, PAGE } from '../planted-bugs/document.ts';
import { plantingErrors } from '../planted-bugs/edit.ts';
import { loadBugs } from '../planted-bugs/load.ts';
import { playAll } from '../planted-bugs/play-all.ts';
import type { BugResult } from '../planted-bugs/play-bug.ts';
import { allPlays, type CampaignSize } from '../planted-bugs/plays.ts';
import { isWorse, readRecords, updateRecords, writeRecords } from '../planted-bugs/records.ts';
import { ResultTable, totalLines } from '../planted-bugs/result-lines.ts';
import { BUGS_PER_DAY, selectBugs, type Selection } from '../planted-bugs/selection.ts';
import { runProgram, stopSignal } from '../report/command-line.ts';
import { indented } from '../report/run-lines.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount } from '../report/units.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEFAULT_SEEDS = 60;
const DEFAULT_MINUTES = 2;

interface PlantedBugsOptions extends Partial<Selection>, CampaignSize {
  readonly guaranteesOnly?: true;
  readonly jobs: number;
  readonly json?: true;
  readonly write?: true;
}

const program = new Command('planted-bugs')
  .description('plant deliberate bugs in the client, and tell which of them the guarantees detect')
  .addOption(new Option('--all', 'play all bugs').conflicts(['bug', 'date']))
  .addOption(new Option('--bug <id...>', 'play these bugs').conflicts(['set', 'date']))
  .option('--set <name>', 'play bugs of one set only, such as first')
  .option(
    '--date <date>',
    `play the ${BUGS_PER_DAY} bugs of this day, such as 2026-11-29 (default: today)`,
    isoDate,
  )
  .option('--guarantees-only', 'play each bug until a guarantee objects, not only anything')
  .option(
    '--seeds <count>',
    'number of random schedules, besides the scenarios',
    positiveInteger,
    DEFAULT_SEEDS,
  )
  .option('--minutes <count>', 'minutes with faults in each of them', positiveInteger, DEFAULT_MINUTES)
  .option('--jobs <count>', 'number of parallel processes', positiveInteger, availableParallelism())
  .option('--json', 'print one JSON object per line for each bug instead of the report')
  .option('--write', `keep the results, and update ${PAGE} and ${GUARANTEES_PAGE}`);

process.exit(
  await runProgram(program, async () => {
    const { guaranteesOnly, jobs, json, write, ...rest } = program.opts<PlantedBugsOptions>();
    const { print, paint } = createTerminal(process.stdout);
    // Progress goes to standard error, so that standard output has the results alone.
    const progress = createTerminal(process.stderr);
    const bugs = loadBugs();
    const records = readRecords();
    const selected = selectBugs(bugs, records, { date: new Date(), ...rest });
    const errors = plantingErrors(selected, (file) => readFileSync(join(ROOT, file), 'utf8'));
    if (errors.length > 0) throw new ClientError('config', errors.join('\n'));
    const plays = allPlays(rest);

    const table = new ResultTable(selected, paint);
    const results: BugResult[] = [];
    const onEnd = (result: BugResult): void => {
      results.push(result);
      progress.showProgress('');
      if (json) print(JSON.stringify({ ...result, bug: result.bug.id, set: result.bug.set }));
      else print(table.row(result), ...(rest.bug ? indented(result.headlines) : []));
      progress.showProgress(`${results.length} of ${formatCount(selected.length, 'bug')}`);
    };
    if (!json) print(table.head);
    const copies = new Copies(ROOT);
    try {
      const options = { copies, records, isUntilGuarantee: guaranteesOnly === true, jobs, onEnd };
      const failures = await playAll(selected, plays, { ...options, signal: stopSignal() });
      for (const failure of failures) progress.print(`fails without a bug, left out: ${failure}`);
      const worse = results.filter((result) => isWorse(result, records[result.bug.id]));
      const ids = worse.map(({ bug }) => bug.id).toSorted();
      if (ids.length > 0) {
        const count = formatCount(ids.length, 'bug');
        progress.print(`${count} to which less objects than before, or nothing: ${ids.join(', ')}`);
      }
      return worse.length + failures.length === 0;
    } finally {
      progress.showProgress('');
      copies.remove();
      // A stopped run reports and keeps what it has found so far.
      if (!json) print(...totalLines(results));
      if (write) {
        const updated = updateRecords(
          records,
          results,
          bugs.map(({ id }) => id),
        );
        writeRecords(updated);
        updatePage(PAGE, (text) => pageText(text, bugs, updated));
        updatePage(GUARANTEES_PAGE, (text) => guaranteesPage(text, updated));
      }
    }
  }),
);

function updatePage(page: string, update: (text: string) => string): void {
  writeFileSync(page, update(readFileSync(page, 'utf8')));
}

function isoDate(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('Expected a date such as 2026-11-29.');
}
