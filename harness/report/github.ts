import { failedChecks, failureLines } from './failure.ts';
import type { Report } from './summary.ts';

/** Characters with a meaning in workflow commands. */
const ESCAPES: Readonly<Record<string, string>> = {
  '%': '%25',
  '\r': '%0D',
  '\n': '%0A',
  ':': '%3A',
  ',': '%2C',
};

/** Formats a failed run as an error annotation: a workflow command of GitHub Actions, in one line. */
export function githubAnnotation(report: Report): string {
  const { name, origin } = report;
  const line = 'unmet' in report ? report.unmet.find(({ line }) => line !== undefined)?.line : undefined;
  const properties = {
    title: `${name}: ${failedChecks(report).join(', ')}`,
    ...(origin.kind === 'file' && { file: origin.path }),
    ...(line !== undefined && { line: String(line) }),
  };
  const formatted = Object.entries(properties).map(
    ([key, value]) => `${key}=${escaped(value, /[%\r\n:,]/g)}`,
  );
  return `::error ${formatted.join(',')}::${escaped(failureLines(report).join('\n'), /[%\r\n]/g)}`;
}

function escaped(text: string, characters: RegExp): string {
  return text.replace(characters, (character) => ESCAPES[character] ?? character);
}
