import { printable } from '../../client/printable.ts';
import type { Paint } from '../report/colours.ts';
import { formatCount, formatSeconds, formatTimestamp } from '../report/units.ts';
import type { Bug } from './bug.ts';
import type { Objection } from './objection.ts';
import type { BugResult } from './play-bug.ts';
import { tallyOf } from './tally.ts';

const HEAD = ['bug', 'file', 'objects first', 'guarantee', 'play', 'first moment', 'core time'];
const OBJECTION_WIDTH = 24;
const GUARANTEE_WIDTH = 10;
const PLAY_WIDTH = 24;
const MOMENT_WIDTH = 12;

/** Formats results as the rows of a table whose bugs are known beforehand. */
export class ResultTable {
  readonly #widths: readonly number[];
  readonly #paint: Paint;

  constructor(bugs: readonly Bug[], paint: Paint) {
    const widest = (texts: readonly string[]): number => Math.max(...texts.map((text) => text.length));
    const idWidth = widest(['bug', ...bugs.map(({ id }) => id)]);
    const fileWidth = widest(['file', ...bugs.map(fileOf)]);
    this.#widths = [idWidth, fileWidth, OBJECTION_WIDTH, GUARANTEE_WIDTH, PLAY_WIDTH, MOMENT_WIDTH];
    this.#paint = paint;
  }

  get head(): string {
    return this.#paint('grey', `  ${this.#row(HEAD)}`);
  }

  row({ bug, first, guarantee, cpuMs }: BugResult): string {
    const shown = guarantee ?? first;
    const cells = [
      bug.id,
      fileOf(bug),
      formatObjection(first),
      formatGuarantee(guarantee),
      shown?.play ?? '',
      shown?.atMs === undefined ? '' : formatTimestamp(shown.atMs),
      formatSeconds(cpuMs),
    ];
    const mark = first ? this.#paint('green', '✓') : this.#paint('red', '✗');
    return `${mark} ${this.#row(cells)}`;
  }

  #row(cells: readonly string[]): string {
    return cells
      .map((cell, column) => printable(cell).padEnd(this.#widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  }
}

/** One line for each set of bugs, and one for all of them if there are several sets. */
export function totalLines(results: readonly BugResult[]): readonly string[] {
  const sets = [...new Set(results.map(({ bug }) => bug.set))].toSorted();
  const lines = sets.map((set) =>
    totalLine(
      set,
      results.filter(({ bug }) => bug.set === set),
    ),
  );
  return sets.length > 1 ? [...lines, totalLine('all', results)] : lines;
}

function totalLine(name: string, results: readonly BugResult[]): string {
  const cpuMs = results.reduce((sum, result) => sum + result.cpuMs, 0);
  return `${name}: ${tallyOf(results)}; ${formatSeconds(cpuMs)} of core time`;
}

/** Who objected first and to what, such as `expectation: logins`. */
export function formatObjection(objection: Objection | null): string {
  return objection ? `${objection.by}: ${objection.what.join(', ')}` : 'nobody';
}

/** The guarantees that objected, such as `S4, S1`. */
export function formatGuarantee(objection: Objection | null | undefined): string {
  if (objection === undefined) return 'not played';
  return objection?.what.join(', ') ?? 'none';
}

function fileOf({ edits }: Bug): string {
  const files = [...new Set(edits.map(({ file }) => file))];
  const [first = '', ...others] = files;
  return others.length > 0 ? `${first} and ${formatCount(others.length, 'other')}` : first;
}
