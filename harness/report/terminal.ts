import type { WriteStream } from 'node:tty';
import { coloured, plain, type Paint } from './colours.ts';

/** Output of reports. */
export interface Terminal {
  readonly print: (...lines: readonly string[]) => void;
  readonly isTerminal: boolean;
  /** Replaces the progress line. Does nothing if the stream is not a terminal. */
  readonly showProgress: (text: string) => void;
  readonly paint: Paint;
  /** Width in characters. */
  readonly columns: number;
}

/** Width if the stream does not report one. */
const DEFAULT_COLUMNS = 100;
/** Returns to the first column and erases the line (ECMA-48). */
const CLEAR_LINE = '\r\u001b[K';

/** The members of a stream such as {@link process.stdout} that reports use. */
export type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** Creates the report output on a stream. Colours need a terminal and no `NO_COLOR` (no-color.org). */
export function createTerminal(stream: Output, env: NodeJS.ProcessEnv = process.env): Terminal {
  const isTerminal = stream.isTTY === true;
  let isProgressShown = false;
  const clear = (): string => {
    const text = isProgressShown ? CLEAR_LINE : '';
    isProgressShown = false;
    return text;
  };
  return {
    isTerminal,
    print: (...lines) => void stream.write(clear() + lines.map((line) => `${line}\n`).join('')),
    showProgress: (text) => {
      if (!isTerminal) return;
      stream.write(clear() + text);
      isProgressShown = text !== '';
    },
    paint: isTerminal && (env['NO_COLOR'] ?? '') === '' ? coloured : plain,
    columns: stream.columns ?? DEFAULT_COLUMNS,
  };
}
