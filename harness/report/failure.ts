import { printable } from '../../client/printable.ts';
import { plain, type Paint } from './colours.ts';
import type { FormattedEvent } from './lead-up.ts';
import { replayCommand } from './origin.ts';
import type {
  ExplainedExpectation,
  ExplainedViolation,
  GuaranteeSummary,
  Report,
  Summary,
} from './summary.ts';
import { formatCount, formatTimestamp } from './units.ts';
import { LANES } from './event-format.ts';

const LANE_WIDTH = Math.max(...LANES.map((lane) => lane.length));

/**
 * Describes a failed run: each violated guarantee with its bound, the measured value, the time and the events before it,
 * each expectation that was not met, and the command that replays the run. Empty if the run passed.
 */
export function failureLines(report: Report, paint: Paint = plain): readonly string[] {
  if (report.passed) return [];
  const replay = `replay: ${paint('cyan', replayCommand(report.origin))}`;
  if ('problem' in report) return [...report.problem.split('\n').map(printable), replay];
  return [
    ...violated(report).flatMap((guarantee) => guaranteeLines(guarantee, paint)),
    ...report.unmet.flatMap((expectation) => expectationLines(expectation, report, paint)),
    replay,
  ];
}

/** Names of the guarantees and expectations that failed, such as `L1` or `logins`. */
export function failedChecks(report: Report): readonly string[] {
  if ('problem' in report) return ['no result'];
  return [...violated(report).map(({ id }) => id), ...report.unmet.map(({ key }) => printable(key))];
}

/** One sentence per failed guarantee (its first violation) and per failed expectation. */
export function failureHeadlines(report: Report): readonly string[] {
  if ('problem' in report) return [printable(report.problem.split('\n', 1)[0] ?? '')];
  const violations = violated(report).flatMap(({ id, violations }) =>
    violations
      .slice(0, 1)
      .map(({ atMs, what, bound, measured }) =>
        printable(`${id} at ${formatTimestamp(atMs)}: ${what} (bound ${bound}, measured ${measured})`),
      ),
  );
  const unmet = report.unmet.map(({ key, expected, measured, atMs }) =>
    printable(`${key} at ${formatTimestamp(atMs)}: expected ${expected}, measured ${measured}`),
  );
  return [...violations, ...unmet];
}

function violated({ guarantees }: Summary): readonly GuaranteeSummary[] {
  return guarantees.filter(({ violationCount }) => violationCount > 0);
}

function guaranteeLines(guarantee: GuaranteeSummary, paint: Paint): string[] {
  const { id, title, violationCount, violations } = guarantee;
  const [first, ...others] = violations;
  const omitted = violationCount - violations.length;
  return [
    `${paint('red', id)}  ${title}`,
    ...(first ? [...violationLines(first), ...leadUpLines(first, paint)] : []),
    ...others.flatMap(violationLines),
    ...(omitted > 0 ? [`    and ${formatCount(omitted, 'more time')}`] : []),
  ];
}

function expectationLines(expectation: ExplainedExpectation, { origin }: Summary, paint: Paint): string[] {
  const { key, expected, measured, atMs, line, during, stack = '' } = expectation;
  const file =
    line !== undefined && origin.kind === 'file' ? `, expected in line ${line} of ${origin.path}` : '';
  return [
    `${paint('red', printable(key))}  expected ${printable(expected)}, measured ${printable(measured)}`,
    `    at ${formatTimestamp(atMs)}${printable(file)}`,
    ...duringLines(during),
    // The first line of a stack repeats the error.
    ...stack
      .split('\n')
      .slice(1)
      .map((frame) => `    ${printable(frame)}`),
    ...leadUpLines(expectation, paint),
  ];
}

function violationLines({ atMs, what, bound, measured, during }: ExplainedViolation): string[] {
  return [
    `    at ${formatTimestamp(atMs)}: ${printable(what)}`,
    `    bound ${printable(bound)}, measured ${printable(measured)}`,
    ...duringLines(during),
  ];
}

function duringLines(during: readonly string[]): string[] {
  return during.length > 0 ? [`    during ${during.join(', ')}`] : [];
}

function leadUpLines({ before }: Pick<ExplainedViolation, 'before'>, paint: Paint): string[] {
  return before.map((event) => paint('grey', `      ${eventLine(event)}`));
}

function eventLine({ atMs, lane, what }: FormattedEvent): string {
  return `${formatTimestamp(atMs)}  ${(lane ?? '').padEnd(LANE_WIDTH)}  ${what}`;
}
