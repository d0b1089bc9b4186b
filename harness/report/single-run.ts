import type { Command } from 'commander';
import { runScenario } from '../scenario/player/run.ts';
import type { Scenario } from '../scenario/format/scenario.ts';
import { traceLine } from '../world/trace/trace.ts';
import { outputFile, speedArgument, type OutputFile } from './command-line.ts';
import { failureLines } from './failure.ts';
import { LaneRenderer } from './lanes.ts';
import { indented, reportLine } from './run-lines.ts';
import type { Origin } from './origin.ts';
import { summarise } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { resultLines } from './result-lines.ts';

/** Options of a single run in this process. */
export interface SingleRunOptions {
  readonly watch?: true;
  readonly realtime?: true;
  readonly speed?: number;
  readonly trace?: OutputFile;
  readonly btsnoop?: OutputFile;
}

/** Default speed of `--watch`, in virtual seconds per real second. */
const WATCH_SPEED = 60;
/** Real time between two rows that only count events. */
const COUNT_INTERVAL_REAL_MS = 250;
/** Lower limit of the same in virtual time: GPS fixes come once a second. */
const MIN_COUNT_INTERVAL_MS = 1000;

/** Adds the options of {@link SingleRunOptions}. */
export function withSingleRunOptions(command: Command): Command {
  return command
    .option('--watch', `print events as they happen, at ${WATCH_SPEED} times real time`)
    .option('--realtime', 'run in real time')
    .option('--speed <factor>', 'run at this multiple of real time', speedArgument)
    .option('--trace <file>', 'write every event to a file, one JSON object per line', outputFile)
    .option('--btsnoop <file>', "capture the HCI packets of the client's adapter for Wireshark", outputFile);
}

/** Runs one scenario in this process and prints the report. @returns whether it passed */
export async function runSingle(
  scenario: Scenario,
  origin: Origin,
  options: SingleRunOptions,
  { print, paint, columns }: Terminal,
): Promise<boolean> {
  const { watch, trace, btsnoop } = options;
  const pace = paceOf(options);
  const countIntervalMs = Math.max(MIN_COUNT_INTERVAL_MS, COUNT_INTERVAL_REAL_MS * (pace ?? WATCH_SPEED));
  const lanes = watch && new LaneRenderer({ columns, paint, countIntervalMs });
  const printRows = (rows: readonly string[]): void => {
    if (rows.length > 0) print(...rows);
  };
  if (lanes) printRows(lanes.header);
  const outcome = await runScenario(scenario, {
    ...(origin.seed !== undefined && { seed: origin.seed }),
    ...(pace !== undefined && { pace }),
    ...(btsnoop && { btsnoop: btsnoop.write }),
    onEvent: (event) => {
      trace?.write(traceLine(event));
      if (lanes) printRows(lanes.rows(event));
    },
  });
  if (lanes) printRows(lanes.flush(outcome.events.at(-1)?.atMs ?? outcome.endMs));
  const summary = summarise(outcome, origin);
  print(reportLine(summary, { paint, nameWidth: 0 }), ...indented(resultLines(summary, paint)));
  printRows(indented(failureLines(summary, paint)));
  return outcome.passed;
}

function paceOf({ watch, realtime, speed }: SingleRunOptions): number | undefined {
  if (realtime) return 1;
  return speed ?? (watch && WATCH_SPEED);
}
