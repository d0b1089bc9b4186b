import { EventEmitter } from 'node:events';

/** Longest wait of a test in real time: no test takes a fraction of it, even on a machine that is busy with others. */
const DEADLINE_MS = 60_000;

/** Settles as a promise does. @throws Error that names what a test has waited for, by default after a minute */
export async function withinDeadline<T>(
  promise: Promise<T>,
  what: string,
  deadlineMs = DEADLINE_MS,
): Promise<T> {
  // The fake timers of a test do not replace this timer.
  const deadline = AbortSignal.timeout(deadlineMs);
  let onAbort = (): void => undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new Error(`waited ${deadlineMs / 1000} s for ${what}`));
  });
  deadline.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    deadline.removeEventListener('abort', onAbort);
  }
}

/** Waits for an event; resolves to its arguments. @throws Error like `withinDeadline`, or that of an `error` event */
export async function once(
  emitter: EventEmitter | EventTarget,
  event: string,
  what = `the event "${event}"`,
): Promise<unknown[]> {
  const stop = new AbortController();
  try {
    return await withinDeadline(
      EventEmitter.once(emitter as EventEmitter, event, { signal: stop.signal }) as Promise<unknown[]>,
      what,
    );
  } finally {
    stop.abort();
  }
}

/** Waits for events until a condition holds. @throws Error like `withinDeadline` */
export async function onceThat(
  holds: () => boolean,
  [emitter, event]: readonly [EventEmitter, string],
  what: string,
): Promise<void> {
  let check = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    check = () => {
      if (holds()) resolve();
    };
    emitter.on(event, check);
    check();
  });
  try {
    await withinDeadline(held, what);
  } finally {
    emitter.off(event, check);
  }
}
