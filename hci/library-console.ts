import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { OnLibraryProblem } from './library-problem.ts';

/** Creates the console of a library, whose messages are reported instead of printed. */
export function libraryConsole(onProblem: OnLibraryProblem): Console {
  const stream = new Writable({
    decodeStrings: false,
    write: (message: string, _encoding, done) => {
      onProblem({ kind: 'printed', message: message.trimEnd() });
      done();
    },
  });
  return new Console({ stdout: stream, stderr: stream, colorMode: false });
}
