import FakeTimers, { type FakeMethod } from '@sinonjs/fake-timers';

/** A world's time, and how to let it pass. */
export interface Clock {
  /** Milliseconds since the world began. */
  now(): number;
  /** Lets `ms` of the world's time pass, and everything in it happen. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until `promise` settles; throws if it has not after `limitMs` of the world's time. */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Timers that wait. */
  pending(): number;
  /** Gives the process its own time back. */
  close(): void;
}

/** Left real: `nextTick` and microtasks, which the libraries' streams run on. */
const FAKED: FakeMethod[] = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'Date',
  'performance',
];

const STEP_MS = 10;
const DEFAULT_LIMIT_MS = 60_000;

/** When virtual worlds begin. */
export const EPOCH = new Date('2026-05-04T06:00:00Z');

/**
 * Replaces the process's timers and clocks by virtual ones until `close`. Whatever lives in the world must be loaded
 * afterwards: some libraries keep the timer functions that they find at load.
 */
export function virtualClock(): Clock {
  const timers = FakeTimers.install({ now: EPOCH, toFake: FAKED });
  const advance = async (ms: number): Promise<void> => {
    await timers.tickAsync(ms);
  };
  return {
    now: () => timers.now - EPOCH.getTime(),
    advance,
    until: async (promise, limitMs = DEFAULT_LIMIT_MS) => {
      const state = { settled: false };
      const settle = (): void => void (state.settled = true);
      promise.then(settle, settle);
      const endMs = timers.now + limitMs;
      while (!state.settled && timers.now < endMs) await advance(STEP_MS);
      if (!state.settled) throw new Error(`Nothing came of it in ${limitMs / 1000} s of virtual time`);
      return await promise;
    },
    pending: () => timers.countTimers(),
    close: () => timers.uninstall(),
  };
}
