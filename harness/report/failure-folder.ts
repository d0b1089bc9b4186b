import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from 'node:process';
import { sourceCommit } from './commit.ts';
import { failureLines } from './failure.ts';
import { nameOf, replayCommand } from './origin.ts';
import type { Report } from './summary.ts';

/** Default parent of the folders; Git ignores it. */
export const FAILURES = 'failures';

/** Number of folders that a suite leaves at most: if thousands of runs fail, their reasons are few. */
const MAX_FOLDERS = 100;

/** Files of a failed run. */
export const FAILURE_FILES = {
  /** What failed, and how to repeat it. */
  report: 'report.txt',
  /** The same as data. */
  result: 'result.json',
  /** The scenario; the schedule of a seed is written as one. */
  schedule: 'schedule.toml',
  /** Every event, one JSON object per line. */
  trace: 'trace.jsonl',
  /** HCI packets of the client's adapter, for Wireshark. */
  packets: 'packets.btsnoop',
  /** Log of the client at level debug, with virtual times. */
  log: 'client.log',
} as const;

/**
 * Creates the folders of failed runs, each with its report; what the run consists of is added by a second run.
 * @returns creates the folder of a report and returns its path; undefined if there are enough of them
 */
export function failureFolders(parent: string): (report: Report) => string | undefined {
  const commit = sourceCommit();
  let created = 0;
  return (report) => {
    if (created === MAX_FOLDERS) return undefined;
    created += 1;
    const folder = join(parent, nameOf(report.origin).replaceAll(' ', '-'));
    const result = { commit, node: version, replay: replayCommand(report.origin), report };
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, FAILURE_FILES.report),
      [report.name, ...failureLines(report), `commit: ${commit}`, `Node.js: ${version}`, ''].join('\n'),
    );
    writeFileSync(join(folder, FAILURE_FILES.result), `${JSON.stringify(result, undefined, 2)}\n`);
    return folder;
  };
}
