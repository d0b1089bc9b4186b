import type { Paint } from './colours.ts';
import { failureHeadlines } from './failure.ts';
import { replayCommand } from './origin.ts';
import { indented, reportLine } from './run-lines.ts';
import type { Report } from './summary.ts';

/** Formats a failed run of a campaign: its line, one sentence per failed check, and the command that replays it. */
export function failureSummary(report: Report, paint: Paint): readonly string[] {
  const replay = `replay: ${paint('cyan', replayCommand(report.origin))}`;
  return [reportLine(report, { paint, nameWidth: 0 }), ...indented([...failureHeadlines(report), replay])];
}
