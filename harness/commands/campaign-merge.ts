import { Command } from 'commander';
import { outputFile, runProgram, type OutputFile } from '../report/command-line.ts';
import { failureSummary } from '../report/failure-summary.ts';
import { createTerminal } from '../report/terminal.ts';
import { formatCount, formatHms } from '../report/units.ts';
import { keepUsual } from '../scenario/campaign/result/keep-usual.ts';
import { hasPassed, totalsLines } from '../scenario/campaign/result/format-totals.ts';
import { mergeResults } from '../scenario/campaign/result/merge.ts';
import { formatResult, readResult } from '../scenario/campaign/result/result.ts';

interface MergeOptions {
  readonly json?: true;
  readonly writeUsual?: true;
  readonly out?: OutputFile;
}

const program = new Command('campaign:merge')
  .description('merge the results of all shards of a campaign, which have to be of the same commit')
  .argument('<files...>', 'files of campaign --shard i/n --out FILE')
  .option('--out <file>', 'also write the merged result', outputFile)
  .option('--write-usual', 'keep how long what the guarantees limit usually takes in the standard set')
  .option('--json', 'print the merged result as JSON instead of the report');

process.exit(
  await runProgram(program, () => {
    const { json, out, writeUsual } = program.opts<MergeOptions>();
    const result = mergeResults(program.args.map((path) => ({ path, result: readResult(path) })));
    const { totals, failures, commit, node } = result;
    const { print, paint } = createTerminal(process.stdout);
    out?.write(formatResult(result));
    if (json) print(formatResult(result).trimEnd());
    else {
      const passed = totals.runs - totals.failed;
      print(
        ...failures.flatMap((report) => failureSummary(report, paint)),
        `${formatCount(totals.runs, 'run')}: ${passed} passed, ${totals.failed} failed; ` +
          `${formatHms(totals.virtualMs)} of virtual time in ${formatHms(totals.realMs)} of processes`,
        `commit ${commit}, Node.js ${node}`,
        ...totalsLines(result, totals, paint),
      );
    }
    if (writeUsual) keepUsual(result, totals);
    return Promise.resolve(hasPassed(result, totals));
  }),
);
