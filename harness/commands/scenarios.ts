import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { positiveInteger } from '../../client/commands/arguments.ts';
import { ClientError } from '../../client/errors.ts';
import { outputFile, runProgram, stopSignal, type OutputFile } from '../report/command-line.ts';
import { failureLines } from '../report/failure.ts';
import { junitXml } from '../report/junit.ts';
import { indented, reportLine, totalLine } from '../report/run-lines.ts';
import { nameOf, replayCommand, type Origin } from '../report/origin.ts';
import type { Report } from '../report/summary.ts';
import { createTerminal } from '../report/terminal.ts';
import { dailyScenarios } from '../scenario/format/collection.ts';
import { loadScenario } from '../scenario/format/load.ts';
import { inOrder, runSuite } from '../scenario/player/suite.ts';

interface ScenariosOptions {
  readonly json?: true;
  readonly junit?: OutputFile;
  readonly jobs: number;
}

const program = new Command('scenarios')
  .description(
    'plays many stories of trouble, several at a time, and judges how the client came through each',
  )
  .argument('[files...]', 'all of scenarios/ but its weeks, where none is named')
  .option('--json', 'one JSON object a line for each, instead of the report')
  .option('--junit <file>', 'also write JUnit XML', outputFile)
  .option('--jobs <count>', 'processes side by side', positiveInteger, availableParallelism());

process.exit(
  await runProgram(program, async () => {
    const { json, junit, jobs } = program.opts<ScenariosOptions>();
    const paths = program.args.length > 0 ? program.args : dailyScenarios();
    checkAll(paths);
    const { print, paint } = createTerminal(process.stdout);
    const origins = paths.map((path): Origin => ({ kind: 'file', path }));
    const nameWidth = Math.max(...origins.map((origin) => nameOf(origin).length));
    const tell = (report: Report): void => {
      if (json) print(JSON.stringify({ ...report, replay: replayCommand(report.origin) }));
      else print(reportLine(report, { paint, nameWidth }), ...indented(failureLines(report, paint)));
    };
    const beganMs = performance.now();
    const reports = await runSuite(origins, { jobs, signal: stopSignal(), onEnd: inOrder(tell) });
    if (!json) print(totalLine(reports, performance.now() - beganMs));
    junit?.write(junitXml('scenarios', reports));
    return reports.every(({ passed }) => passed);
  }),
);

/** @throws ClientError `config` with everything that is wrong in any of the files. */
function checkAll(paths: readonly string[]): void {
  const mistakes = paths.flatMap((path) => {
    try {
      loadScenario(path);
      return [];
    } catch (error) {
      if (error instanceof ClientError) return [error.message];
      throw error;
    }
  });
  if (mistakes.length > 0) throw new ClientError('config', mistakes.join('\n'));
}
