import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../log.ts';
import { diskPauseFiles, type PauseFiles } from './pause-files.ts';
import { PauseMonitor } from './pause-monitor.ts';
import { encodePause, MAX_PAUSE_MS, pausePath } from './pause.ts';

const MINUTE_MS = 60_000;
const NOW = Date.parse('2026-05-04T08:00:00Z');

let folder: string;
let path: string;
let output: string;
beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date', 'performance'] });
  folder = mkdtempSync(join(tmpdir(), 'martinete-pause-'));
  path = pausePath(join(folder, 'outbox'));
  output = '';
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.useRealTimers();
});

function createMonitor(files: PauseFiles = diskPauseFiles): PauseMonitor {
  const sink = { write: (text: string) => (output += text) };
  return new PauseMonitor({ files, path, log: createLogger({ level: 'info', format: 'json', sink }) });
}

/** Asks for a pause, so many milliseconds after `NOW`. */
function requestPause(lengthMs: number, atMs = 0): void {
  const fromMs = NOW + atMs;
  diskPauseFiles.write(path, encodePause({ fromMs, untilMs: fromMs + lengthMs }));
}

const numberOfLines = (): number => output.split('\n').length - 1;

describe('a pause', () => {
  it('lasts until the time in its file, which is gone afterwards', () => {
    const pauses = createMonitor();
    expect(pauses.check()).toBe(0);
    requestPause(10 * MINUTE_MS);
    expect(pauses.check()).toBe(10 * MINUTE_MS);
    vi.advanceTimersByTime(10 * MINUTE_MS - 1);
    expect(pauses.check()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(pauses.check()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(output).toBe('');
  });

  it('goes on with what is left of it where the client starts anew', () => {
    requestPause(10 * MINUTE_MS);
    createMonitor().check();
    vi.advanceTimersByTime(4 * MINUTE_MS);
    expect(createMonitor().check()).toBe(6 * MINUTE_MS);
  });

  it('is over where the client starts after its time, and comes back with no clock', () => {
    requestPause(10 * MINUTE_MS);
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(createMonitor().check()).toBe(0);
    vi.setSystemTime(NOW);
    expect(createMonitor().check()).toBe(0);
  });

  it('can be ended early, be made longer, and be made shorter', () => {
    const pauses = createMonitor();
    requestPause(10 * MINUTE_MS);
    pauses.check();
    requestPause(60 * MINUTE_MS);
    expect(pauses.check()).toBe(60 * MINUTE_MS);
    requestPause(MINUTE_MS);
    expect(pauses.check()).toBe(MINUTE_MS);
    diskPauseFiles.remove(path);
    expect(pauses.check()).toBe(0);
    expect(output).toBe('');
  });

  it('may last a day', () => {
    requestPause(MAX_PAUSE_MS);
    expect(createMonitor().check()).toBe(MAX_PAUSE_MS);
  });

  it('that cannot be taken away is over all the same', () => {
    const pauses = createMonitor({
      ...diskPauseFiles,
      remove: () => {
        throw new Error('EROFS');
      },
    });
    requestPause(MINUTE_MS);
    pauses.check();
    vi.advanceTimersByTime(MINUTE_MS);
    expect([pauses.check(), pauses.check(), numberOfLines()]).toEqual([0, 0, 1]);
    requestPause(MINUTE_MS, MINUTE_MS);
    expect(pauses.check()).toBe(MINUTE_MS);
  });
});

describe('a clock that starts at the same time again and again', () => {
  /** Short rides of a Pi without RTC, whose clock is where it was saved at every start; the time in pauses. */
  function pausedOver(starts: number, rideMs: number): number {
    let pausedMs = 0;
    for (let start = 0; start < starts; start++) {
      vi.setSystemTime(NOW);
      const pauses = createMonitor();
      for (let atMs = 0; atMs < rideMs; atMs += 1_000) {
        if (pauses.check() > 0) pausedMs += 1_000;
        vi.advanceTimersByTime(1_000);
      }
    }
    return pausedMs;
  }

  it.each([90_000, 20 * MINUTE_MS, 61 * MINUTE_MS])(
    'in rides of %i ms makes a pause longer by a minute at each start and no more',
    (rideMs) => {
      requestPause(30 * MINUTE_MS);
      const starts = 60;
      const pausedMs = pausedOver(starts, rideMs);
      const startsInPause = Math.ceil(pausedMs / rideMs);
      expect(startsInPause).toBeLessThan(starts);
      expect(pausedMs).toBeGreaterThanOrEqual(30 * MINUTE_MS);
      expect(pausedMs).toBeLessThanOrEqual(30 * MINUTE_MS + startsInPause * MINUTE_MS);
    },
  );

  it('finds what is left, once a minute, and the disk is not written to more often', () => {
    let writes = 0;
    const pauses = createMonitor({
      ...diskPauseFiles,
      rewrite: (...args) => {
        writes += 1;
        return diskPauseFiles.rewrite(...args);
      },
    });
    requestPause(10 * MINUTE_MS);
    for (let second = 0; second <= 185; second++) {
      pauses.check();
      vi.advanceTimersByTime(1_000);
    }
    expect(writes).toBe(3);
    vi.setSystemTime(0);
    expect(createMonitor().check()).toBe(7 * MINUTE_MS);
  });

  it('on a disk that takes nothing is told once, and the pause lasts as long as it was to', () => {
    const pauses = createMonitor({
      ...diskPauseFiles,
      rewrite: () => {
        throw new Error('EROFS');
      },
    });
    requestPause(10 * MINUTE_MS);
    for (let minute = 10; minute > 0; minute--) {
      expect(pauses.check()).toBe(minute * MINUTE_MS);
      vi.advanceTimersByTime(MINUTE_MS);
    }
    expect([pauses.check(), numberOfLines()]).toEqual([0, 1]);
  });
});

describe('what somebody asks for in the very moment in which the client', () => {
  /** Lets somebody act right after the client has read the file. */
  function actAfterRead(act: () => void): PauseFiles {
    const read = (file: string): string | undefined => {
      const text = diskPauseFiles.read(file);
      if (isTime) act();
      return text;
    };
    return { ...diskPauseFiles, read };
  }
  let isTime: boolean;
  beforeEach(() => (isTime = false));

  it.each([
    ['writes down what is left', MINUTE_MS],
    ['finds the pause over', 10 * MINUTE_MS],
  ])('%s is not lost', (_, atMs) => {
    const pauses = createMonitor(actAfterRead(() => requestPause(30 * MINUTE_MS, atMs)));
    requestPause(10 * MINUTE_MS);
    pauses.check();
    vi.advanceTimersByTime(atMs);
    isTime = true;
    pauses.check();
    isTime = false;
    expect(pauses.check()).toBe(30 * MINUTE_MS);
  });

  it('writes down what is left ends the pause for good', () => {
    const pauses = createMonitor(actAfterRead(() => diskPauseFiles.remove(path)));
    requestPause(10 * MINUTE_MS);
    pauses.check();
    vi.advanceTimersByTime(MINUTE_MS);
    isTime = true;
    pauses.check();
    isTime = false;
    expect([pauses.check(), readdirSync(folder)]).toEqual([0, []]);
  });
});

describe('a clock that is set', () => {
  it.each([-MAX_PAUSE_MS, -MINUTE_MS, MINUTE_MS, 50 * 365 * MAX_PAUSE_MS])(
    'by %i ms changes nothing of a pause that has begun',
    (stepMs) => {
      const pauses = createMonitor();
      requestPause(10 * MINUTE_MS);
      pauses.check();
      vi.setSystemTime(Date.now() + stepMs);
      vi.advanceTimersByTime(4 * MINUTE_MS);
      expect(pauses.check()).toBe(6 * MINUTE_MS);
      vi.advanceTimersByTime(6 * MINUTE_MS);
      expect(pauses.check()).toBe(0);
    },
  );

  it('back to 1970, as without RTC after a start, makes no pause longer than it was', () => {
    requestPause(10 * MINUTE_MS);
    vi.setSystemTime(0);
    expect(createMonitor().check()).toBe(10 * MINUTE_MS);
  });

  it('anywhere, however often, never makes a pause longer than it was', () => {
    const step = fc.record({
      setTo: fc.option(fc.integer({ min: 0, max: 2 * NOW })),
      passMs: fc.integer({ min: 0, max: 20 * MINUTE_MS }),
    });
    const lengths = fc.integer({ min: 1, max: MAX_PAUSE_MS });
    fc.assert(
      fc.property(lengths, fc.array(step, { maxLength: 8 }), (lengthMs, steps) => {
        vi.setSystemTime(NOW);
        requestPause(lengthMs);
        const pauses = createMonitor();
        let passedMs = 0;
        for (const { setTo, passMs } of steps) {
          if (setTo !== null) vi.setSystemTime(setTo);
          expect(pauses.check()).toBeLessThanOrEqual(Math.max(0, lengthMs - passedMs));
          vi.advanceTimersByTime(passMs);
          passedMs += passMs;
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a file that tells no pause', () => {
  const from = '2026-05-04T08:00:00.000Z';
  it.each([
    ['nothing', ''],
    ['half of one', encodePause({ fromMs: NOW, untilMs: NOW + MINUTE_MS }).slice(0, 40)],
    ['bytes', '\0\xff\xfe'],
    ['something else', '{"pause":true}'],
    ['no times', '{"from":"now","until":"later"}'],
    ['more than a day', encodePause({ fromMs: NOW, untilMs: NOW + MAX_PAUSE_MS + 1 })],
    ['an end before its begin', encodePause({ fromMs: NOW, untilMs: NOW - 1 })],
    ['a list', `["${from}","${from}"]`],
    ['null', 'null'],
  ])('but %s is left where it is, and told once', (_, text) => {
    writeFileSync(path, text);
    const pauses = createMonitor();
    expect([pauses.check(), pauses.check(), pauses.check()]).toEqual([0, 0, 0]);
    expect(numberOfLines()).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(text);
    requestPause(MINUTE_MS);
    expect(pauses.check()).toBe(MINUTE_MS);
  });

  it('because it is a folder, or has no end, is told once', () => {
    mkdirSync(path);
    const pauses = createMonitor();
    expect([pauses.check(), pauses.check(), numberOfLines()]).toEqual([0, 0, 1]);
    rmSync(path, { recursive: true });
    expect(pauses.check()).toBe(0);
    writeFileSync(path, 'x'.repeat(1_000_000));
    expect([pauses.check(), pauses.check(), numberOfLines()]).toEqual([0, 0, 2]);
  });

  it('because the disk does not read just now leaves a pause in force, and does not prolong it', () => {
    let isBroken = false;
    const pauses = createMonitor({
      ...diskPauseFiles,
      read: (file) => {
        if (isBroken) throw new Error('EIO');
        return diskPauseFiles.read(file);
      },
    });
    requestPause(10 * MINUTE_MS);
    pauses.check();
    isBroken = true;
    vi.advanceTimersByTime(MINUTE_MS);
    expect([pauses.check(), pauses.check(), numberOfLines()]).toEqual([9 * MINUTE_MS, 9 * MINUTE_MS, 1]);
    vi.advanceTimersByTime(9 * MINUTE_MS);
    expect(pauses.check()).toBe(0);
  });
});
