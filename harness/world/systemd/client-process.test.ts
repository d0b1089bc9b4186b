import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Platform } from '../../../client/platform.ts';
import { virtualClock, type Clock } from '../clock/clock.ts';
import { ClientProcess, type ProcessEnd } from './client-process.ts';

const STOP_MS = 1_000;

let clock: Clock;
let ends: { readonly end: ProcessEnd; readonly atMs: number }[];

/** Starts a process that takes a second to stop. */
function start(): ClientProcess {
  return new ClientProcess({
    main: (_args, _platform, stop) =>
      new Promise((resolve) => stop.addEventListener('abort', () => setTimeout(() => resolve(0), STOP_MS))),
    args: [],
    platform: {} as Platform,
    cleanUp: (owner) => clock.clearTimersOf(owner),
    onEnd: (end) => ends.push({ end, atMs: clock.now() }),
  });
}

beforeEach(() => {
  clock = virtualClock();
  ends = [];
});

afterEach(() => {
  clock.close();
});

it.each([
  { signals: ['SIGTERM'], code: 0, atMs: STOP_MS },
  { signals: ['SIGHUP', 'SIGHUP'], code: 0, atMs: STOP_MS },
  { signals: ['SIGTERM', 'SIGHUP'], code: 0, atMs: STOP_MS },
  { signals: ['SIGHUP', 'SIGTERM'], code: 130, atMs: 0 },
  { signals: ['SIGTERM', 'SIGTERM'], code: 130, atMs: 0 },
] as const)('$signals end a process with $code after $atMs ms', async ({ signals, code, atMs }) => {
  const process = start();
  for (const signal of signals) process.signal(signal);
  await clock.advance(10_000);
  expect(ends).toEqual([{ end: { how: 'exit', code }, atMs }]);
  expect(clock.pendingTimers()).toBe(0);
});
