import { parse, TomlError } from 'smol-toml';
import { printable } from '../printable.ts';
import { dotted, type Problem } from './report.ts';
import { corrections, exampleOf, type Correction, type Line, type Vocabulary } from './toml-slips.ts';

/** A file with more errors is probably no TOML at all. */
const MAX_ERRORS = 10;
/** Longer values are not repeated. */
const MAX_LINE_LENGTH = 80;

/** A text that was corrected until it is TOML. */
interface Corrected {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** Whether `text` is what the author meant, so that it is worth being checked further. */
  readonly isComplete: boolean;
}

/** Finds the syntax errors of a text, each with what to type instead. Without errors it returns the text as it is. */
export function correctSyntax(text: string, vocabulary: Vocabulary): Corrected {
  const problems: Problem[] = [];
  const original = text.split('\n');
  let lines: readonly string[] = original;
  let isComplete = true;
  for (;;) {
    const error = syntaxError(lines.join('\n'));
    if (!error) return { text: lines.join('\n'), problems, isComplete };
    if (problems.length === MAX_ERRORS) return { text, problems, isComplete: false };
    const { problem, correction } = explain(lines, error, vocabulary);
    problems.push(within(original, problem));
    isComplete &&= correction !== undefined;
    const index = typeof problem.at === 'string' ? 0 : problem.at.line - 1;
    // The rest of the file is read without a line that nobody understands.
    const corrected = correction ?? `# ${lines[index] ?? ''}`;
    const next = lines.with(index, corrected);
    if (!isAccepted(next, index)) return { text, problems, isComplete: false };
    lines = next;
  }
}

/** Moves a problem that is behind the end of its line, because the line was corrected before, to that end. */
function within(original: readonly string[], problem: Problem): Problem {
  if (typeof problem.at === 'string') return problem;
  const { line, column } = problem.at;
  const end = (original[line - 1]?.length ?? 0) + 1;
  return { ...problem, at: { line, column: Math.min(column, end) } };
}

/** An explained error, and its line as it was probably meant. */
interface Explanation {
  readonly problem: Problem;
  readonly correction?: string | undefined;
}

function explain(lines: readonly string[], error: TomlError, vocabulary: Vocabulary): Explanation {
  const index = Math.min(error.line, lines.length) - 1;
  const text = (lines[index] ?? '').replace(/\r$/, '');
  const at = (column: number): Problem['at'] => ({ line: index + 1, column: Math.max(column, 0) + 1 });
  const section = sectionAt(lines, index);
  if (error.message.includes('redefine')) {
    const [name, first] = duplicateOf(lines, index);
    const advice = name.header ? 'move its keys there, and remove this line' : 'remove one of the two lines';
    const expected = `given twice, first in line ${first + 1}: ${advice}`;
    const key = dotted(name.header ? [name.key] : [...(section?.split('.') ?? []), name.key]);
    const problem: Problem = { kind: 'syntax', at: at(text.search(/\S/)), key, expected };
    return { problem, ...(!name.header && { correction: `# ${text}` }) };
  }
  for (const place of [index, openValueBefore(lines, index)]) {
    const found = bestCorrection(lines, place, index, vocabulary);
    if (!found) continue;
    const unit = found.expected.endsWith('number') ? found.key?.kind.unit : undefined;
    const what = unit === undefined ? found.expected : `${found.expected} of ${unit}`;
    const expected = `expected ${what}, as in ${shown(found)}`;
    const at = { line: place + 1, column: found.column + 1 };
    return { problem: { kind: 'syntax', at, key: dotted(found.name), expected }, correction: found.text };
  }
  return { problem: unknownSlip({ text, section }, at(text.search(/\S/)), vocabulary) };
}

/** The first correction that is TOML, and with which the value is valid; else the first one that is TOML. */
function bestCorrection(
  lines: readonly string[],
  place: number,
  errorIndex: number,
  vocabulary: Vocabulary,
): Correction | undefined {
  const line = { text: (lines[place] ?? '').replace(/\r$/, ''), section: sectionAt(lines, place) };
  const possible = corrections(line, vocabulary).filter(({ text }) =>
    isAccepted(lines.with(place, text), errorIndex),
  );
  return possible.find(hasValidValue) ?? possible[0];
}

function hasValidValue({ text, key }: Correction): boolean {
  // A line that begins a value of several lines is no TOML by itself.
  if (!key || syntaxError(text)) return false;
  const [value] = Object.values(parse(text));
  return key.kind.schema.safeParse(value).success;
}

/** The line in which an array or table begins whose end is missing; the error is reported further below. */
function openValueBefore(lines: readonly string[], index: number): number {
  const open = lines.findLastIndex((line, at) => at < index && /=\s*[[{][^\]}]*$/.test(line));
  return open < 0 ? index : open;
}

/** A line with a key that nobody understands, or any other one. */
function unknownSlip({ text, section }: Line, at: Problem['at'], { key: keyOf }: Vocabulary): Problem {
  const [, name] = /^\s*([\w-]+)\s*=/.exec(text) ?? [];
  if (name === undefined) {
    const expected = 'expected key = value, a section such as [log], or # in front of a comment';
    return { kind: 'syntax', at, key: '', expected };
  }
  const key = keyOf(section, name);
  const example = key ? `${name} = ${exampleOf(key)}` : `${name} = "text" or ${name} = 5`;
  const path = [...(section?.split('.') ?? []), name];
  return { kind: 'syntax', at, key: dotted(path), expected: `expected one value, as in ${example}` };
}

/** The corrected line for a message, without anything that may be a secret. */
function shown({ text, key, name }: Correction): string {
  const isHeader = text.startsWith('[') || text.startsWith('#');
  if (isHeader) return text.startsWith('#') ? '# …' : printable(text);
  const isPublic = key && !key.secret && !text.includes('@') && text.length <= MAX_LINE_LENGTH;
  return isPublic ? printable(text) : `${name.at(-1) ?? ''} = "…"`;
}

/** Whether the line at `index` is accepted; errors may follow. */
function isAccepted(lines: readonly string[], index: number): boolean {
  const error = syntaxError(lines.join('\n'));
  return !error || error.line - 1 > index;
}

function syntaxError(text: string): TomlError | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof TomlError) return error;
    throw error;
  }
}

/** The name in the last header above a line. */
function sectionAt(lines: readonly string[], index: number): string | undefined {
  const header = lines.slice(0, index).findLast((line) => HEADER.test(line));
  return HEADER.exec(header ?? '')?.[1];
}

const HEADER = /^\s*\[\[?\s*([\w.-]+)\s*\]/;

/** What a line gives again, and the index of the line that gives it first. */
function duplicateOf(
  lines: readonly string[],
  index: number,
): [name: { readonly key: string; readonly header: boolean }, first: number] {
  const line = lines[index] ?? '';
  const header = HEADER.exec(line)?.[1];
  if (header !== undefined) {
    const first = lines.findIndex((other) => HEADER.exec(other)?.[1] === header);
    return [{ key: header, header: true }, first < 0 ? index : first];
  }
  const key = /^\s*"?([\w-]+)/.exec(line)?.[1] ?? '';
  const start = lines.findLastIndex((other, at) => at < index && HEADER.test(other));
  const isSame = (other: string): boolean => /^\s*"?([\w-]+)/.exec(other)?.[1] === key && !HEADER.test(other);
  const first = lines.findIndex((other, at) => at > start && isSame(other));
  return [{ key, header: false }, first < 0 ? index : first];
}
