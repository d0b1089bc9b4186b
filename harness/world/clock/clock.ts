import { installTime } from './globals.ts';
import { takeTurn, type Owner } from './owner.ts';
import { VirtualTimers } from './timers.ts';

/** A world's time, and how to let it pass. */
export interface Clock {
  /** Milliseconds since the world began. */
  now(): number;
  /** Lets `ms` of the world's time pass, and everything in it happen. @throws what a callback of the world throws. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until `promise` settles; throws if it has not after `limitMs` of the world's time. */
  until<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Timers that wait, of one owner or of all. */
  pending(owner?: Owner): number;
  /** Clears whatever timers an owner has set. */
  clearAllOf(owner: Owner): void;
  /** Sets the wall clock forward or back; durations do not notice. */
  stepWall(ms: number): void;
  /** Gives the process its own time back. */
  close(): void;
}

export interface ClockOptions {
  /** World seconds per real second: 1 to watch it as it would happen; as fast as it goes by default. */
  readonly pace?: number;
}

/** Callbacks that the process is given at once; between any two of them it settles its ticks and microtasks. */
const TURN = 64;
const DEFAULT_LIMIT_MS = 60_000;

/** When virtual worlds begin. */
export const EPOCH = new Date('2026-05-04T06:00:00Z');

const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  now: performance.now.bind(performance),
};

/**
 * Replaces the process's timers and clocks by virtual ones until `close`. Whatever lives in the world must be loaded
 * afterwards: some libraries keep the timer functions that they find at load.
 */
export function virtualClock({ pace = Infinity }: ClockOptions = {}): Clock {
  const timers = new VirtualTimers();
  const beganRealMs = real.now();
  let wallOffsetMs = EPOCH.getTime();
  const restore = installTime(timers, { now: () => timers.nowMs + wallOffsetMs });

  /** How long the process has to wait for real before the next moment of the world; 0 where it is time. */
  const aheadMs = (endMs: number): number => {
    if (pace === Infinity) return 0;
    const nextMs = Math.min(timers.nextMs ?? endMs, endMs);
    return Math.max(0, nextMs / pace - (real.now() - beganRealMs));
  };

  /** Fires one timer after the other until `isOver`, or until all are fired that are due by then. */
  const run = (endMs: number, isOver: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      let isRunning = true;
      const end = (act: () => void): void => {
        isRunning = false;
        takeTurn(undefined);
        act();
      };
      const step = (): void => {
        if (!isRunning || aheadMs(endMs) > 0) return;
        try {
          if (isOver() || !timers.fireNext(endMs)) end(resolve);
        } catch (error) {
          end(() => reject(error instanceof Error ? error : new Error(String(error))));
        }
      };
      const turn = (): void => {
        if (!isRunning) return;
        const waitMs = aheadMs(endMs);
        if (waitMs > 0) {
          real.setTimeout(turn, waitMs);
          return;
        }
        for (let count = 0; count < TURN; count++) real.setImmediate(step);
        real.setImmediate(turn);
      };
      turn();
    });

  return {
    now: () => timers.nowMs,
    advance: (ms) => run(timers.nowMs + ms, () => false),
    until: async (promise, limitMs = DEFAULT_LIMIT_MS) => {
      const state = { settled: false };
      const settle = (): void => void (state.settled = true);
      promise.then(settle, settle);
      await run(timers.nowMs + limitMs, () => state.settled);
      if (!state.settled) throw new Error(`Nothing came of it in ${limitMs / 1000} s of virtual time`);
      return await promise;
    },
    pending: (owner) => timers.pending(owner),
    clearAllOf: (owner) => timers.clearAllOf(owner),
    stepWall: (ms) => (wallOffsetMs += ms),
    close: restore,
  };
}
