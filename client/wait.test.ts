import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClientError } from './errors.ts';
import { pause, untilCalled, within } from './wait.ts';

const WHAT = 'The answer';

let stop: AbortController;
let added: number;
let removed: number;
beforeEach(() => {
  vi.useFakeTimers();
  stop = new AbortController();
  [added, removed] = [0, 0];
  const { signal } = stop;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  vi.spyOn(signal, 'addEventListener').mockImplementation((...args: Parameters<typeof add>) => {
    added += 1;
    add(...args);
  });
  vi.spyOn(signal, 'removeEventListener').mockImplementation((...args: Parameters<typeof remove>) => {
    removed += 1;
    remove(...args);
  });
});
afterEach(() => {
  // Every wait has ended and removed its listeners.
  expect(removed).toBe(added);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** The result or error of a promise, as a value. */
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

describe('a bounded wait', () => {
  const wait = (begin: Parameters<typeof within<string>>[1], timeoutMs = 1_000): Promise<string> =>
    within<string>({ timeoutMs, what: WHAT, signals: [stop.signal, undefined] }, begin);

  it('settles once, with the first result, and removes its listeners once', async () => {
    const release = vi.fn();
    const settled = wait((succeed, fail) => {
      setTimeout(() => succeed('first'), 10);
      setTimeout(() => succeed('second'), 20);
      setTimeout(() => fail(new Error('third')), 30);
      return release;
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(await settled).toBe('first');
    stop.abort();
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('may settle before `begin` returns', async () => {
    const release = vi.fn();
    const settled = wait((succeed) => {
      succeed('at once');
      return release;
    });
    expect(await settled).toBe('at once');
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('ends at its deadline with an error that names its purpose', async () => {
    const release = vi.fn();
    const failed = outcome(wait(() => release));
    await vi.advanceTimersByTimeAsync(999);
    expect(release).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await failed).toMatchObject({ code: 'timeout', message: `${WHAT} took longer than 1 s` });
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('ends at once if no time is left', async () => {
    const failed = outcome(wait(() => undefined, 0));
    await vi.advanceTimersByTimeAsync(1);
    expect(await failed).toMatchObject({ code: 'timeout' });
  });

  it('ends with the reason of a signal', async () => {
    const release = vi.fn();
    const failed = outcome(wait(() => release));
    const reason = new ClientError('link_lost', 'gone');
    stop.abort(reason);
    expect(await failed).toBe(reason);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('does not begin after a stop', async () => {
    stop.abort();
    const begin = vi.fn(() => undefined);
    expect(await outcome(wait(begin))).toMatchObject({ code: 'aborted' });
    expect(begin).not.toHaveBeenCalled();
  });

  it('fails with the error that `begin` throws', async () => {
    const error = new Error('no socket');
    const failed = wait(() => {
      throw error;
    });
    expect(await outcome(failed)).toBe(error);
  });
});

describe('an unbounded wait', () => {
  const wait = (begin: Parameters<typeof untilCalled>[0]): Promise<void> => untilCalled(begin, [stop.signal]);

  it('lasts until its callback is called, and removes its listeners once', async () => {
    const release = vi.fn();
    let call = (): void => undefined;
    const settled = wait((callback) => {
      call = callback;
      return release;
    });
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(release).not.toHaveBeenCalled();
    call();
    call();
    stop.abort();
    await settled;
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('may be called before `begin` returns', async () => {
    const release = vi.fn();
    await wait((call) => {
      call();
      return release;
    });
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('ends with the reason of a signal, once', async () => {
    const release = vi.fn();
    const failed = outcome(wait(() => release));
    stop.abort();
    stop.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('ends at once after a stop', async () => {
    stop.abort();
    const release = vi.fn();
    expect(await outcome(wait(() => release))).toMatchObject({ code: 'aborted' });
    expect(release.mock.calls.length).toBeLessThanOrEqual(1);
  });

  it('fails with the error that `begin` throws', async () => {
    const failed = wait(() => {
      throw new Error('no socket');
    });
    expect(await outcome(failed)).toMatchObject({ message: 'no socket' });
  });
});

describe('a pause', () => {
  it('lasts as long as it was asked to', async () => {
    let isOver = false;
    const paused = pause(1_000, stop.signal).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await paused;
  });

  it('ends at once on a stop, before or meanwhile', async () => {
    const failed = outcome(pause(1_000, stop.signal));
    stop.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    expect(await outcome(pause(1_000, stop.signal))).toMatchObject({ code: 'aborted' });
  });
});
