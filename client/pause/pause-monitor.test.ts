import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../log.ts';
import type { Uptime } from '../uptime.ts';
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

function createMonitor(files: PauseFiles = diskPauseFiles, uptime?: () => Uptime): PauseMonitor {
  const sink = { write: (text: string) => (output += text) };
  const log = createLogger({ level: 'info', format: 'json', sink });
  return new PauseMonitor({ files, path, uptime: uptime ?? (() => undefined), log });
}

/** The uptime in a boot that began a day before the test. */
const sinceBoot = (boot: string) => (): Uptime => ({ boot, ms: MAX_PAUSE_MS + performance.now() });

/** Requests a pause, `atMs` after `NOW`. */
function requestPause(lengthMs: number, atMs = 0, uptime?: Uptime): void {
  const fromMs = NOW + atMs;
  diskPauseFiles.write(path, encodePause({ fromMs, untilMs: fromMs + lengthMs, uptime }));
}

const numberOfLines = (): number => output.split('\n').length - 1;

describe('a pause', () => {
  it('lasts until the time in its file, which is removed afterwards', () => {
    const monitor = createMonitor();
    expect(monitor.check()).toBe(0);
    requestPause(10 * MINUTE_MS);
    expect(monitor.check()).toBe(10 * MINUTE_MS);
    vi.advanceTimersByTime(10 * MINUTE_MS - 1);
    expect(monitor.check()).toBe(1);
    vi.advanceTimersByTime(1);
    expect(monitor.check()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(output).toBe('');
  });

  it('continues with its remaining time after a restart of the client', () => {
    requestPause(10 * MINUTE_MS);
    createMonitor().check();
    vi.advanceTimersByTime(4 * MINUTE_MS);
    expect(createMonitor().check()).toBe(6 * MINUTE_MS);
  });

  it.each([2 * 3_600_000, -40 * 86_400_000])(
    'continues with its remaining time after a restart soon after a step of the clock by %d ms',
    (byMs) => {
      requestPause(10 * MINUTE_MS);
      const monitor = createMonitor();
      monitor.check();
      vi.advanceTimersByTime(20_000);
      vi.setSystemTime(Date.now() + byMs);
      vi.advanceTimersByTime(1_000);
      monitor.check();
      vi.advanceTimersByTime(9_000);
      expect(createMonitor().check()).toBe(9.5 * MINUTE_MS);
    },
  );

  it.each([2 * 3_600_000, -40 * 86_400_000])(
    'lasts as long as requested if the clock is stepped by %d ms before the client reads its file',
    (byMs) => {
      const uptime = sinceBoot('a');
      const running = createMonitor(diskPauseFiles, uptime);
      running.check();
      requestPause(10 * MINUTE_MS, 0, uptime());
      vi.advanceTimersByTime(1_000);
      vi.setSystemTime(Date.now() + byMs);
      expect(running.check()).toBe(10 * MINUTE_MS - 1_000);
      vi.advanceTimersByTime(MINUTE_MS);
      vi.setSystemTime(Date.now() + byMs);
      expect(createMonitor(diskPauseFiles, uptime).check()).toBe(9 * MINUTE_MS - 1_000);
    },
  );

  it.each([
    ['after a boot', sinceBoot('b')],
    ['if its uptime is less', () => ({ boot: 'a', ms: 1 })],
    ['if the uptime is unknown', undefined],
  ])('lasts until its end by the wall clock %s', (_when, uptime) => {
    requestPause(10 * MINUTE_MS, 0, sinceBoot('a')());
    vi.setSystemTime(NOW + 4 * MINUTE_MS);
    expect(createMonitor(diskPauseFiles, uptime).check()).toBe(6 * MINUTE_MS);
  });

  it('of an earlier version lasts until its end by the wall clock', () => {
    requestPause(10 * MINUTE_MS);
    vi.setSystemTime(NOW + 4 * MINUTE_MS);
    expect(createMonitor(diskPauseFiles, sinceBoot('a')).check()).toBe(6 * MINUTE_MS);
  });

  it('is over if the client starts after its end, and is not revived by any clock', () => {
    requestPause(10 * MINUTE_MS);
    vi.advanceTimersByTime(10 * MINUTE_MS);
    expect(createMonitor().check()).toBe(0);
    vi.setSystemTime(NOW);
    expect(createMonitor().check()).toBe(0);
  });

  it('can be lengthened, shortened and ended early', () => {
    const monitor = createMonitor();
    requestPause(10 * MINUTE_MS);
    monitor.check();
    requestPause(60 * MINUTE_MS);
    expect(monitor.check()).toBe(60 * MINUTE_MS);
    requestPause(MINUTE_MS);
    expect(monitor.check()).toBe(MINUTE_MS);
    diskPauseFiles.remove(path);
    expect(monitor.check()).toBe(0);
    expect(output).toBe('');
  });

  it('may last a day', () => {
    requestPause(MAX_PAUSE_MS);
    expect(createMonitor().check()).toBe(MAX_PAUSE_MS);
  });

  it('is over even if its file cannot be removed', () => {
    const monitor = createMonitor({
      ...diskPauseFiles,
      remove: () => {
        throw new Error('EROFS');
      },
    });
    requestPause(MINUTE_MS);
    monitor.check();
    vi.advanceTimersByTime(MINUTE_MS);
    expect([monitor.check(), monitor.check(), numberOfLines()]).toEqual([0, 0, 1]);
    requestPause(MINUTE_MS, MINUTE_MS);
    expect(monitor.check()).toBe(MINUTE_MS);
  });
});

describe('a clock that restarts at the same time at every boot', () => {
  /** Simulates short rides of a Pi without RTC, whose clock restarts at the saved time; returns the paused time. */
  function pausedOver(starts: number, rideMs: number): number {
    let pausedMs = 0;
    for (let start = 0; start < starts; start++) {
      vi.setSystemTime(NOW);
      const monitor = createMonitor();
      for (let atMs = 0; atMs < rideMs; atMs += 1_000) {
        if (monitor.check() > 0) pausedMs += 1_000;
        vi.advanceTimersByTime(1_000);
      }
    }
    return pausedMs;
  }

  it.each([90_000, 20 * MINUTE_MS, 61 * MINUTE_MS])(
    'lengthens a pause by no more than a minute per start in rides of %i ms',
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

  it('finds the remaining time, which is saved once a minute and not more often', () => {
    let writes = 0;
    const monitor = createMonitor({
      ...diskPauseFiles,
      rewrite: (...args) => {
        writes += 1;
        return diskPauseFiles.rewrite(...args);
      },
    });
    requestPause(10 * MINUTE_MS);
    for (let second = 0; second <= 185; second++) {
      monitor.check();
      vi.advanceTimersByTime(1_000);
    }
    expect(writes).toBe(3);
    vi.setSystemTime(0);
    expect(createMonitor().check()).toBe(7 * MINUTE_MS);
  });

  it('does not lengthen a pause on a read-only disk, which is logged once', () => {
    const monitor = createMonitor({
      ...diskPauseFiles,
      rewrite: () => {
        throw new Error('EROFS');
      },
    });
    requestPause(10 * MINUTE_MS);
    for (let minute = 10; minute > 0; minute--) {
      expect(monitor.check()).toBe(minute * MINUTE_MS);
      vi.advanceTimersByTime(MINUTE_MS);
    }
    expect([monitor.check(), numberOfLines()]).toEqual([0, 1]);
  });
});

describe('a request made at the moment when the client', () => {
  /** Calls `act` right after the client has read the file. */
  function actAfterRead(act: () => void): PauseFiles {
    const read = (file: string): string | undefined => {
      const text = diskPauseFiles.read(file);
      if (isArmed) act();
      return text;
    };
    return { ...diskPauseFiles, read };
  }
  let isArmed: boolean;
  beforeEach(() => (isArmed = false));

  it.each([
    ['saves the remaining time', MINUTE_MS],
    ['finds the pause over', 10 * MINUTE_MS],
  ])('%s is not lost', (_, atMs) => {
    const monitor = createMonitor(actAfterRead(() => requestPause(30 * MINUTE_MS, atMs)));
    requestPause(10 * MINUTE_MS);
    monitor.check();
    vi.advanceTimersByTime(atMs);
    isArmed = true;
    monitor.check();
    isArmed = false;
    expect(monitor.check()).toBe(30 * MINUTE_MS);
  });

  it('saves the remaining time, to end the pause, is not lost', () => {
    const monitor = createMonitor(actAfterRead(() => diskPauseFiles.remove(path)));
    requestPause(10 * MINUTE_MS);
    monitor.check();
    vi.advanceTimersByTime(MINUTE_MS);
    isArmed = true;
    monitor.check();
    isArmed = false;
    expect([monitor.check(), readdirSync(folder)]).toEqual([0, []]);
  });
});

describe('a clock that is set', () => {
  it.each([-MAX_PAUSE_MS, -MINUTE_MS, MINUTE_MS, 50 * 365 * MAX_PAUSE_MS])(
    'by %i ms does not affect a pause that has begun',
    (stepMs) => {
      const monitor = createMonitor();
      requestPause(10 * MINUTE_MS);
      monitor.check();
      vi.setSystemTime(Date.now() + stepMs);
      vi.advanceTimersByTime(4 * MINUTE_MS);
      expect(monitor.check()).toBe(6 * MINUTE_MS);
      vi.advanceTimersByTime(6 * MINUTE_MS);
      expect(monitor.check()).toBe(0);
    },
  );

  it('back to 1970, as after a boot without RTC, does not lengthen a pause', () => {
    requestPause(10 * MINUTE_MS);
    vi.setSystemTime(0);
    expect(createMonitor().check()).toBe(10 * MINUTE_MS);
  });

  it('to any time, any number of times, never lengthens a pause', () => {
    const step = fc.record({
      setTo: fc.option(fc.integer({ min: 0, max: 2 * NOW })),
      passMs: fc.integer({ min: 0, max: 20 * MINUTE_MS }),
    });
    const lengths = fc.integer({ min: 1, max: MAX_PAUSE_MS });
    fc.assert(
      fc.property(lengths, fc.array(step, { maxLength: 8 }), (lengthMs, steps) => {
        vi.setSystemTime(NOW);
        requestPause(lengthMs);
        const monitor = createMonitor();
        let passedMs = 0;
        for (const { setTo, passMs } of steps) {
          if (setTo !== null) vi.setSystemTime(setTo);
          expect(monitor.check()).toBeLessThanOrEqual(Math.max(0, lengthMs - passedMs));
          vi.advanceTimersByTime(passMs);
          passedMs += passMs;
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('an invalid pause file', () => {
  const from = '2026-05-04T08:00:00.000Z';
  it.each([
    ['empty', ''],
    ['truncated', encodePause({ fromMs: NOW, untilMs: NOW + MINUTE_MS }).slice(0, 40)],
    ['binary', '\0\xff\xfe'],
    ['with other keys', '{"pause":true}'],
    ['without times', '{"from":"now","until":"later"}'],
    ['longer than a day', encodePause({ fromMs: NOW, untilMs: NOW + MAX_PAUSE_MS + 1 })],
    ['with an end before its start', encodePause({ fromMs: NOW, untilMs: NOW - 1 })],
    ['a JSON list', `["${from}","${from}"]`],
    ['JSON null', 'null'],
  ])('(%s) is kept, and logged once', (_, text) => {
    writeFileSync(path, text);
    const monitor = createMonitor();
    expect([monitor.check(), monitor.check(), monitor.check()]).toEqual([0, 0, 0]);
    expect(numberOfLines()).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe(text);
    requestPause(MINUTE_MS);
    expect(monitor.check()).toBe(MINUTE_MS);
  });

  it('that is a folder, or too large, is logged once', () => {
    mkdirSync(path);
    const monitor = createMonitor();
    expect([monitor.check(), monitor.check(), numberOfLines()]).toEqual([0, 0, 1]);
    rmSync(path, { recursive: true });
    expect(monitor.check()).toBe(0);
    writeFileSync(path, 'x'.repeat(1_000_000));
    expect([monitor.check(), monitor.check(), numberOfLines()]).toEqual([0, 0, 2]);
  });

  it('that cannot be read for now does not end or lengthen a pause', () => {
    let isBroken = false;
    const monitor = createMonitor({
      ...diskPauseFiles,
      read: (file) => {
        if (isBroken) throw new Error('EIO');
        return diskPauseFiles.read(file);
      },
    });
    requestPause(10 * MINUTE_MS);
    monitor.check();
    isBroken = true;
    vi.advanceTimersByTime(MINUTE_MS);
    expect([monitor.check(), monitor.check(), numberOfLines()]).toEqual([9 * MINUTE_MS, 9 * MINUTE_MS, 1]);
    vi.advanceTimersByTime(9 * MINUTE_MS);
    expect(monitor.check()).toBe(0);
  });
});
