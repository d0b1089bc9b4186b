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
