import FakeTimers, { type FakeMethod } from '@sinonjs/fake-timers';

/** A world's time, and how to let it pass. */
export interface Clock {
  /** Milliseconds since the world began. */
  now(): number;
  /** Lets `ms` of the world's time pass, and everything in it happen. */
  advance(ms: number): Promise<void>;
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

/** When virtual worlds begin. */
export const EPOCH = new Date('2026-05-04T06:00:00Z');

/**
 * Replaces the process's timers and clocks by virtual ones until `close`. Whatever lives in the world must be loaded
 * afterwards: some libraries keep the timer functions that they find at load.
 */
export function virtualClock(): Clock {
  const timers = FakeTimers.install({ now: EPOCH, toFake: FAKED });
  return {
    now: () => timers.now - EPOCH.getTime(),
    advance: async (ms) => {
      await timers.tickAsync(ms);
    },
    close: () => timers.uninstall(),
  };
}
