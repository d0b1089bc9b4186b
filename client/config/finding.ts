import type { Path, Position, Positions } from './positions.ts';
import { dotted, echo, type Problem } from './report.ts';

/** An error before its position is known; `related` is another key that is involved. */
export interface Finding extends Omit<Problem, 'at' | 'key'> {
  readonly path: Path;
  readonly related?: Path;
}

/** The finding that the value at `path` is not what it has to be. @param expected completes "expected …" */
export function wrongValue(path: Path, expected: string, value: unknown): Finding {
  return { kind: 'value', path, expected, got: echo(value) };
}

/** The position of the key or value at fault, or else of the table that contains it; `undefined` if the file has neither. */
export function positionOf({ path, related, kind }: Finding, positions: Positions): Position | undefined {
  return positions.nearest(related ? [path, related] : [path], kind === 'value' ? 'value' : 'key');
}

/** A finding as a problem at its position. */
export function problemAt(at: Problem['at'], { path, kind, expected, got, nearest }: Finding): Problem {
  return { kind, at, key: dotted(path), expected, got, nearest };
}
