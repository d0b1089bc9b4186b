import { failedChecks, failureLines, failureHeadlines } from './failure.ts';
import type { Report } from './summary.ts';

/** Formats results as JUnit XML for CI servers: one test suite with one test case per run. */
export function junitXml(suite: string, reports: readonly Report[]): string {
  const failures = reports.filter((report) => !report.passed).length;
  const totals = attributes({ name: suite, tests: reports.length, failures, time: totalSeconds(reports) });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${totals}>`,
    `  <testsuite ${totals}>`,
    ...reports.map((report) => testCase(suite, report)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testCase(suite: string, report: Report): string {
  const { name, origin } = report;
  const file = origin.kind === 'file' ? { file: origin.path } : {};
  const head = `    <testcase ${attributes({ name, classname: suite, ...file, time: secondsOf(report) })}`;
  if (report.passed) return `${head}/>`;
  const lines = failureLines(report);
  const broken = failedChecks(report).join(', ');
  const failure = `      <failure ${attributes({ type: broken, message: failureHeadlines(report)[0] ?? '' })}>`;
  return `${head}>\n${failure}${escapeXml(lines.join('\n'))}</failure>\n    </testcase>`;
}

/** Real time of a run in seconds, the unit of JUnit XML. */
function secondsOf(report: Report): number {
  return 'realMs' in report ? report.realMs / 1000 : 0;
}

function totalSeconds(reports: readonly Report[]): number {
  return reports.reduce((sum, report) => sum + secondsOf(report), 0);
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escapeXml(typeof value === 'number' ? formatNumber(value) : value)}"`)
    .join(' ');
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML 1.0 forbids or discourages, even escaped. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{7e}\u{a0}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function escapeXml(text: string): string {
  return text
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
