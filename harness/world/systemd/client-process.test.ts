import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Platform } from '../../../client/platform.ts';
import { virtualClock, type Clock } from '../clock/clock.ts';
import { ClientProcess, type ProcessEnd } from './client-process.ts';

const STOP_MS = 1_000;
const MAX_CALLBACKS = 5_000;

let clock: Clock;
/** What the process does before it is told to stop. */
let work: () => void;
/** Times of loops that were reported. */
let loops: number[];
let ends: { readonly end: ProcessEnd; readonly atMs: number }[];

/** Starts a process that takes a second to stop. */
function start(): ClientProcess {
  return new ClientProcess({
    main: (_args, _platform, stop) => {
      work();
      return new Promise((resolve) =>
        stop.addEventListener('abort', () => setTimeout(() => resolve(0), STOP_MS)),
      );
    },
    args: [],
    platform: {} as Platform,
    cleanUp: (owner) => clock.clearTimersOf(owner),
    onEnd: (end) => ends.push({ end, atMs: clock.now() }),
    callbacks: { max: MAX_CALLBACKS, onExceeded: (overMs) => loops.push(overMs) },
  });
}

beforeEach(() => {
  clock = virtualClock();
  [ends, loops] = [[], []];
  work = () => undefined;
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

it.each([
  { loop: 'timers without a delay', again: (act: () => void) => setTimeout(act, 0), atMs: 5_000 },
  { loop: 'immediates', again: (act: () => void) => setImmediate(act), atMs: 0 },
])('a process that runs in a loop of $loop is ended', async ({ again, atMs }) => {
  const act = (): void => void again(act);
  work = act;
  start();
  await clock.advance(60_000);
  expect(ends).toEqual([{ end: { how: 'killed' }, atMs }]);
  expect(loops).toEqual([atMs]);
  expect(clock.pendingTimers()).toBe(0);
});

it('a process that works for a moment again and again is not ended', async () => {
  const burst = (left: number): void => {
    if (left > 0) setImmediate(() => burst(left - 1));
  };
  work = () => {
    setInterval(() => burst(MAX_CALLBACKS - 500), 10_000);
  };
  start();
  await clock.advance(60_000);
  expect([ends, loops]).toEqual([[], []]);
});
