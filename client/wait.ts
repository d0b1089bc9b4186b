import { ClientError } from './errors.ts';

/** Deadline, purpose and abort signals of a wait. */
export interface WaitOptions {
  readonly timeoutMs: number;
  /** Completes the sentence "… took longer than 5 s". */
  readonly what: string;
  /** The wait fails with the reason of the first of these that aborts. */
  readonly signals?: readonly (AbortSignal | undefined)[];
}

/** Removes the listeners that a wait has added. */
type Release = () => unknown;

/** The error to throw for an aborted signal. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof ClientError
    ? reason
    : new ClientError('aborted', 'Stopped on request', { cause: reason });
}

/** Throws the reason of an aborted signal. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

type Begin<T> = (succeed: (value: T) => void, fail: (error: Error) => void) => Release | undefined;

/**
 * Waits with a deadline: `begin` starts an operation and adds its listeners; success, failure, deadline or abort removes
 * them again.
 * @throws ClientError `timeout` when the deadline passes; the reason of an aborted signal; what `begin` fails with.
 */
export function within<T>({ timeoutMs, what, signals = [] }: WaitOptions, begin: Begin<T>): Promise<T> {
  return settled<T>(signals, (succeed, fail) => {
    const timer = setTimeout(
      () => fail(new ClientError('timeout', `${what} took longer than ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    try {
      const release = begin(succeed, fail);
      return () => {
        clearTimeout(timer);
        release?.();
      };
    } catch (error) {
      clearTimeout(timer);
      throw error;
    }
  });
}

/**
 * Waits without a deadline until `begin`'s callback is called, for events that may never occur in normal operation. Fails
 * with the reason of the first of `signals` that aborts. Its listeners are removed in either case.
 */
export function untilCalled(
  begin: (call: () => void) => Release,
  signals: readonly AbortSignal[],
): Promise<void> {
  return settled<void>(signals, begin);
}

function settled<T>(signals: readonly (AbortSignal | undefined)[], begin: Begin<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const aborted = firstAborted(signals);
    if (aborted) {
      reject(reasonOf(aborted));
      return;
    }
    let isSettled = false;
    let release: Release | undefined;
    const settle = (finish: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      for (const signal of signals) signal?.removeEventListener('abort', onAbort);
      release?.();
      finish();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void => {
      const aborted = firstAborted(signals);
      if (aborted) fail(reasonOf(aborted));
    };
    for (const signal of signals) signal?.addEventListener('abort', onAbort);
    const wasSettled = (): boolean => isSettled;
    try {
      release = begin((value) => settle(() => resolve(value)), fail);
      if (wasSettled()) release?.();
    } catch (error) {
      fail(error instanceof Error ? error : new ClientError('peer', String(error)));
    }
  });
}

function firstAborted(signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  return signals.find((signal) => signal?.aborted);
}

/** Waits for `ms`; fails at once with the reason of the first of `signals` that aborts. */
export async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  await untilCalled((call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  }, signals);
}
