import { printable } from '../../client/printable.ts';
import type { Paint } from './colours.ts';
import type { Report, Summary } from './summary.ts';
import { formatCount, formatHms, formatSeconds, formatSpeed } from './units.ts';

export interface LineStyle {
  readonly paint: Paint;
  /** Length of the longest name in the list. */
  readonly nameWidth: number;
}

const VIRTUAL_WIDTH = 9;
const REAL_WIDTH = 8;
const SPEED_WIDTH = 10;

/** Formats a run as one line: passed or failed, name, virtual time, real time, speed, title. */
export function reportLine(report: Report, { paint, nameWidth }: LineStyle): string {
  const mark = report.passed ? paint('green', '✓') : paint('red', '✗');
  const head = `${mark} ${printable(report.name).padEnd(nameWidth)}`;
  if ('problem' in report) return `${head}  ${paint('red', 'no result')}`;
  const times = paint('grey', timesOf(report));
  return `${head}  ${times}  ${printable(report.title)}`;
}

/** Formats the totals of all runs as one line. */
export function totalLine(reports: readonly Report[], realMs: number): string {
  const passed = reports.filter((report) => report.passed).length;
  const virtualMs = reports.reduce((sum, report) => sum + ('virtualMs' in report ? report.virtualMs : 0), 0);
  const failed = reports.length - passed;
  return (
    `${formatCount(reports.length, 'run')}: ${passed} passed, ${failed} failed; ` +
    `${formatHms(virtualMs)} of virtual time in ${formatSeconds(realMs)} (${formatSpeed(virtualMs, realMs)})`
  );
}

/** Indents lines below the one that they belong to. */
export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${line}`);
}

function timesOf({ virtualMs, realMs }: Summary): string {
  return [
    formatHms(virtualMs).padStart(VIRTUAL_WIDTH),
    'in',
    formatSeconds(realMs).padStart(REAL_WIDTH),
    formatSpeed(virtualMs, realMs).padStart(SPEED_WIDTH),
  ].join(' ');
}
