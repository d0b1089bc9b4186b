import type { WriteStream } from 'node:tty';
import { coloured, plain, type Paint } from './colours.ts';

/** Where reports go, and what can be shown there. */
export interface Terminal {
  readonly print: (...lines: readonly string[]) => void;
  /** Puts `text` in the place of the line that was shown last; nothing where lines cannot be taken back. */
  readonly showProgress: (text: string) => void;
  readonly paint: Paint;
  /** In characters. */
  readonly columns: number;
}

/** Where the stream does not know its width. */
const DEFAULT_COLUMNS = 100;
/** Back to the first column, and erases the line (ECMA-48). */
const CLEAR_LINE = '\r\u001b[K';

/** What reports may use of a stream: {@link process.stdout}, which is a terminal or not. */
export type Output = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** A stream as a place for reports: colours on a terminal only, and not where `NO_COLOR` is set (no-color.org). */
export function createTerminal(stream: Output, env: NodeJS.ProcessEnv = process.env): Terminal {
  const isTerminal = stream.isTTY === true;
  let isProgressShown = false;
  const clear = (): string => {
    const text = isProgressShown ? CLEAR_LINE : '';
    isProgressShown = false;
    return text;
  };
  return {
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
