import { describe, expect, it } from 'vitest';
import { createLogger } from '../log.ts';
import { LibraryLog } from './library-log.ts';

const MINUTE_MS = 60_000;

/** A log at a clock that a test sets, and its lines. */
function recorder(): {
  library: LibraryLog;
  lines: () => Record<string, unknown>[];
  clock: { nowMs: number };
  warn: (warning: Error) => void;
} {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  let warn: ((warning: Error) => void) | undefined;
  const log = createLogger({
    level: 'info',
    format: 'json',
    sink: { write: (line) => written.push(line) },
  });
  const onWarning = (listener: (warning: Error) => void): (() => void) => {
    warn = listener;
    return () => (warn = undefined);
  };
  return {
    library: new LibraryLog(log, onWarning, () => clock.nowMs),
    lines: () => written.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>),
    clock,
    warn: (warning) => warn?.(warning),
  };
}

describe('the log of library problems', () => {
  it('has the first malformed event at once, and then the number of those in ten minutes', () => {
    const { library, lines, clock } = recorder();
    const drop = (): void => library.onProblem({ kind: 'dropped', event: Buffer.from('043e0102', 'hex') });
    drop();
    expect(lines()).toEqual([expect.objectContaining({ level: 30, count: 1, event: '043e0102' })]);
    for (let minute = 1; minute < 10; minute++) {
      clock.nowMs = minute * MINUTE_MS;
      drop();
    }
    expect(lines()).toEqual([]);
    clock.nowMs = 10 * MINUTE_MS;
    drop();
    expect(lines()).toEqual([expect.objectContaining({ count: 10 })]);
  });

  it('has no data of a peer', () => {
    const { library, lines } = recorder();
    library.onProblem({ kind: 'dropped' });
    expect(lines()).toEqual([expect.not.objectContaining({ event: expect.anything() as unknown })]);
  });

  it('has each kind of problem, whatever the others do', () => {
    const { library, lines } = recorder();
    library.onProblem({ kind: 'dropped' });
    library.onProblem({ kind: 'threw', error: new RangeError('out of range') });
    library.onProblem({ kind: 'printed', message: 'noble warning' });
    expect(lines()).toMatchObject([
      { level: 30 },
      { level: 50, err: { type: 'RangeError', message: 'out of range' } },
      { level: 40, text: 'noble warning' },
    ]);
  });

  it('has a warning of the process although a library has printed a message just before', () => {
    const { library, lines, warn } = recorder();
    library.onProblem({ kind: 'printed', message: 'noble warning' });
    warn(new Error('too many listeners'));
    expect(lines()).toMatchObject([{ text: 'noble warning' }, { text: 'Error: too many listeners' }]);
  });

  it('has each different message once, up to ten in a line', () => {
    const { library, lines, clock } = recorder();
    library.onProblem({ kind: 'printed', message: 'first' });
    lines();
    for (let count = 0; count < 100; count++) {
      library.onProblem({ kind: 'printed', message: `message ${count % 3}` });
    }
    clock.nowMs = 10 * MINUTE_MS;
    library.onProblem({ kind: 'printed', message: 'last' });
    expect(lines()).toMatchObject([
      { count: 101, text: 'message 0', others: ['message 1', 'message 2', 'last'] },
    ]);
    for (let count = 0; count < 100; count++) {
      library.onProblem({ kind: 'threw', error: new RangeError(`error ${count}`) });
    }
    lines();
    library.close();
    expect(lines()).toMatchObject([{ count: 99, err: { message: 'error 1' }, others: { length: 9 } }]);
  });

  it('has everything that was counted when it is closed, and nothing twice', () => {
    const { library, lines, warn } = recorder();
    for (let count = 0; count < 5; count++) {
      library.onProblem({ kind: 'dropped', event: Buffer.from([count]) });
      library.onProblem({ kind: 'printed', message: 'noble warning' });
      library.onProblem({ kind: 'threw', error: new RangeError('out of range') });
      warn(new Error('deprecated'));
    }
    expect(lines()).toHaveLength(4);
    library.close();
    expect(lines()).toMatchObject([
      { level: 30, count: 4, event: '01' },
      { level: 40, count: 4, text: 'noble warning' },
      { level: 40, count: 4, text: 'Error: deprecated' },
      { level: 50, count: 4, err: { type: 'RangeError' } },
    ]);
    library.close();
    expect(lines()).toEqual([]);
  });

  it('has the warnings of the process until it is closed', () => {
    const { library, lines, warn } = recorder();
    warn(Object.assign(new Error('11 exit listeners added'), { name: 'MaxListenersExceededWarning' }));
    expect(lines()).toMatchObject([
      { level: 40, text: 'MaxListenersExceededWarning: 11 exit listeners added' },
    ]);
    library.close();
    warn(new Error('later'));
    expect(lines()).toEqual([]);
  });
});
