import { installVirtualTime } from './globals.ts';
import { setCurrentOwner, type Owner } from './timer-owner.ts';
import { VirtualTimers } from './timers.ts';

/** Virtual time, which passes only on request. */
export interface Clock {
  /** Milliseconds since the start of the world. */
  now(): number;
  /**
   * Advances the time, and fires the timers that become due, until `isOver`.
   * @throws what a callback of the world throws
   */
  advance(ms: number, isOver?: () => boolean): Promise<void>;
  /** Advances the time until `promise` settles. @throws Error if it has not settled after `limitMs` */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Number of pending timers, of one owner or of all. */
  pendingTimers(owner?: Owner): number;
  /** Clears all timers of an owner. */
  clearTimersOf(owner: Owner): void;
  /** Steps the wall clock forward or back; durations are not affected. */
  stepWallClock(ms: number): void;
  /** Restores the real time of the process. */
  close(): void;
}

export interface ClockOptions {
  /** World seconds per real second: 1 for real time; as fast as possible by default. */
  readonly pace?: number;
}

/** Number of real immediates scheduled at once; Node.js runs its ticks and microtasks after each of them. */
const CALLBACKS_PER_TURN = 64;
const DEFAULT_LIMIT_MS = 60_000;

/** The wall clock time at the start of every virtual world. */
export const EPOCH = new Date('2026-05-04T06:00:00Z');

const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  now: performance.now.bind(performance),
};

/**
 * Replaces the timers and clocks of the process by virtual ones until `close`. Load everything that runs in the world
 * afterwards: some libraries keep references to the timer functions that they find at load.
 */
export function virtualClock({ pace = Infinity }: ClockOptions = {}): Clock {
  const timers = new VirtualTimers();
  const beganRealMs = real.now();
  let wallOffsetMs = EPOCH.getTime();
  const restore = installVirtualTime(timers, { now: () => timers.nowMs + wallOffsetMs });

  /** Real time to wait before the next timer of the world is due; 0 if it is due. */
  const realWaitMs = (endMs: number): number => {
    if (pace === Infinity) return 0;
    const nextMs = Math.min(timers.nextMs ?? endMs, endMs);
    return Math.max(0, nextMs / pace - (real.now() - beganRealMs));
  };

  /** Fires timers in order until `isOver`, or until none is due by `endMs`. */
  const run = (endMs: number, isOver: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      let isRunning = true;
      const end = (act: () => void): void => {
        isRunning = false;
        setCurrentOwner(undefined);
        act();
      };
      const step = (): void => {
        if (!isRunning || realWaitMs(endMs) > 0) return;
        try {
          if (isOver() || !timers.fireNext(endMs)) end(resolve);
        } catch (error) {
          end(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      const turn = (): void => {
        if (!isRunning) return;
        const waitMs = realWaitMs(endMs);
        if (waitMs > 0) {
          real.setTimeout(turn, waitMs);
          return;
        }
        for (let count = 0; count < CALLBACKS_PER_TURN; count++) real.setImmediate(step);
        real.setImmediate(turn);
      };
      turn();
    });

  return {
    now: () => timers.nowMs,
    advance: (ms, isOver = () => false) => run(timers.nowMs + ms, isOver),
    until: async (promise, limitMs = DEFAULT_LIMIT_MS) => {
      const state = { settled: false };
      const settle = (): void => void (state.settled = true);
      promise.then(settle, settle);
      await run(timers.nowMs + limitMs, () => state.settled);
      if (!state.settled) throw new Error(`no progress in ${limitMs / 1000} s of virtual time`);
      return await promise;
    },
    pendingTimers: (owner) => timers.pending(owner),
    clearTimersOf: (owner) => timers.clearTimersOf(owner),
    stepWallClock: (ms) => (wallOffsetMs += ms),
    close: restore,
  };
}
