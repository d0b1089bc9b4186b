import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { ClientError } from '../../client/errors.ts';
import { usualDelays, writeUsualDelays } from '../guarantees/usual-delays.ts';
import { outputFile, runProgram, stopSignal, type OutputFile } from '../report/command-line.ts';
import { failureLines } from '../report/failure.ts';
import { failureFolders, FAILURES } from '../report/failure-folder.ts';
import { githubAnnotation } from '../report/github.ts';
import { junitXml } from '../report/junit.ts';
import { indented, reportLine, totalLine } from '../report/run-lines.ts';
import { nameOf, replayCommand, type Origin } from '../report/origin.ts';
import type { Report } from '../report/summary.ts';
import { createTerminal } from '../report/terminal.ts';
import { sharesOf } from '../scenario/campaign/result/totals.ts';
import { dailyScenarios } from '../scenario/format/collection.ts';
import { loadScenario } from '../scenario/format/load.ts';
import { inOrder, runSuite } from '../scenario/player/suite.ts';

interface ScenariosOptions {
  readonly json?: true;
  readonly junit?: OutputFile;
  readonly github?: true;
  readonly failures: string;
  readonly jobs: number;
  readonly writeUsual?: true;
}

const program = new Command('scenarios')
  .description('run many scenarios, several in parallel, and check the guarantees on each run')
  .argument('[files...]', 'scenario files (default: all of scenarios/ except scenarios/weeks/)')
  .option('--json', 'print one JSON object per line for each run instead of the report')
  .option('--junit <file>', 'also write the results as JUnit XML', outputFile)
  .option('--github', 'also print failures as annotations for GitHub Actions')
  .option('--failures <folder>', 'parent of the folders of failed runs', FAILURES)
  .option('--write-usual', 'keep how long what the guarantees limit usually takes; the tests compare with it')
  .option('--jobs <count>', 'number of parallel processes', positiveInteger, availableParallelism());

process.exit(
  await runProgram(program, async () => {
    const { json, junit, github, failures, jobs, writeUsual } = program.opts<ScenariosOptions>();
    const paths = program.args.length > 0 ? program.args : dailyScenarios();
    checkAll(paths);
    const { print, paint } = createTerminal(process.stdout);
    const origins = paths.map((path): Origin => ({ kind: 'file', path }));
    const nameWidth = Math.max(...origins.map((origin) => nameOf(origin).length));
    const printReport = (report: Report): void => {
      if (json) print(JSON.stringify({ ...report, replay: replayCommand(report.origin) }));
      else print(reportLine(report, { paint, nameWidth }), ...indented(failureLines(report, paint)));
      // GitHub Actions reads both outputs; standard output may be JSON.
      if (github && !report.passed) process.stderr.write(`${githubAnnotation(report)}\n`);
    };
    const beganMs = performance.now();
    const reports = await runSuite(origins, {
      jobs,
      signal: stopSignal(),
      onEnd: inOrder(printReport),
      failureFolder: failureFolders(failures),
    });
    if (!json) print(totalLine(reports, performance.now() - beganMs));
    if (!json && !reports.every(({ passed }) => passed)) print(`folders of failed runs: ${failures}`);
    junit?.write(junitXml('scenarios', reports));
    if (writeUsual) writeUsualDelays('scenarios', usualDelays(sharesOf(reports)));
    return reports.every(({ passed }) => passed);
  }),
);

/** @throws ClientError `config` with the errors of all files */
function checkAll(paths: readonly string[]): void {
  const errors = paths.flatMap((path) => {
    try {
      loadScenario(path);
      return [];
    } catch (error) {
      if (error instanceof ClientError) return [error.message];
      throw error;
    }
  });
  if (errors.length > 0) throw new ClientError('config', errors.join('\n'));
}
