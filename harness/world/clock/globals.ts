import { syncBuiltinESMExports } from 'node:module';
import timersModule from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';
import { VirtualTimer, type VirtualTimers } from './timers.ts';

type Callback = (...args: unknown[]) => void;

/** A wall clock. */
export interface WallClock {
  /** Milliseconds since 1970. */
  now(): number;
}

/** The timers of the current world; libraries that keep the functions found at load reach later worlds through it. */
let active: VirtualTimers | undefined;

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  promises: { ...timersPromises },
};

/**
 * Replaces timers, `Date`, `performance.now`, `AbortSignal.timeout` and the modules `timers` and `timers/promises` by
 * virtual ones. `nextTick` and microtasks stay real, because the streams of the libraries run on them.
 * @returns restores the real ones
 */
export function installVirtualTime(timers: VirtualTimers, wall: WallClock): () => void {
  active = timers;
  const restores = [
    replace(globalThis, { ...TIMER_FUNCTIONS, Date: dateOf(wall) }),
    replace(timersModule, TIMER_FUNCTIONS),
    replace(timersPromises, PROMISE_FUNCTIONS),
    replace(performance, { now: () => timers.nowMs }),
    replace(AbortSignal, { timeout: (ms: number) => timeoutSignal(timers, ms) }),
  ];
  syncBuiltinESMExports();
  return () => {
    active = undefined;
    for (const restore of restores) restore();
    syncBuiltinESMExports();
  };
}

/** Defines properties. @returns restores the previous ones */
export function replace(target: object, values: Readonly<Record<string, unknown>>): () => void {
  const before = Object.keys(values).map(
    (name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const,
  );
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(target, name, descriptor);
      else Reflect.deleteProperty(target, name);
    }
  };
}

const clear =
  (realClear: (timer: NodeJS.Timeout) => void) =>
  (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.close();
    else realClear(timer as NodeJS.Timeout);
  };

const TIMER_FUNCTIONS = {
  setTimeout: (act: Callback, ms = 1, ...args: unknown[]): unknown =>
    active ? active.add(withArguments(act, args), ms, false) : real.setTimeout(act, ms, ...args),
  setInterval: (act: Callback, ms = 1, ...args: unknown[]): unknown =>
    active ? active.add(withArguments(act, args), ms, true) : real.setInterval(act, ms, ...args),
  setImmediate: (act: Callback, ...args: unknown[]): unknown =>
    active ? active.add(withArguments(act, args), undefined, false) : real.setImmediate(act, ...args),
  clearTimeout: clear(real.clearTimeout),
  clearInterval: clear(real.clearInterval),
  clearImmediate: clear(real.clearImmediate as unknown as (timer: NodeJS.Timeout) => void),
};

function withArguments(act: Callback, args: readonly unknown[]): () => void {
  return args.length === 0 ? act : () => act(...args);
}

interface PromiseOptions {
  readonly signal?: AbortSignal;
}

const PROMISE_FUNCTIONS = {
  setTimeout: (ms?: number, value?: unknown, options: PromiseOptions = {}): Promise<unknown> =>
    active ? delay(active, ms ?? 1, value, options) : real.promises.setTimeout(ms, value, options),
  setImmediate: (value?: unknown, options: PromiseOptions = {}): Promise<unknown> =>
    active ? delay(active, undefined, value, options) : real.promises.setImmediate(value, options),
};
Object.defineProperty(TIMER_FUNCTIONS.setTimeout, promisify.custom, { value: PROMISE_FUNCTIONS.setTimeout });
Object.defineProperty(TIMER_FUNCTIONS.setImmediate, promisify.custom, {
  value: PROMISE_FUNCTIONS.setImmediate,
});

function delay(
  timers: VirtualTimers,
  ms: number | undefined,
  value: unknown,
  { signal }: PromiseOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const abort = (): void => {
      timer.close();
      reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const timer = timers.add(
      () => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      },
      ms,
      false,
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function timeoutSignal(timers: VirtualTimers, ms: number): AbortSignal {
  const controller = new AbortController();
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  timers.add(() => controller.abort(reason), ms, false);
  return controller.signal;
}

/** Makes a replacement of `Date`; it is a function because a Proxy would slow down every construction. */
function dateOf(wall: WallClock): unknown {
  const RealDate = Date;
  function VirtualDate(this: unknown, ...args: unknown[]): Date | string {
    const target: unknown = new.target;
    if (target === VirtualDate && args.length === 0) return new RealDate(wall.now());
    if (target === undefined) return new RealDate(wall.now()).toString();
    const fields = (args.length === 0 ? [wall.now()] : args) as [number];
    // Classes derived from Date get instances of their own.
    return target === VirtualDate
      ? new RealDate(...fields)
      : Reflect.construct(RealDate, fields, target as DateConstructor);
  }
  return Object.assign(VirtualDate, {
    prototype: RealDate.prototype,
    now: () => wall.now(),
    parse: (text: string) => RealDate.parse(text),
    UTC: (...fields: Parameters<DateConstructor['UTC']>) => RealDate.UTC(...fields),
  });
}
