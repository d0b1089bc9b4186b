import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectPeripheral, disconnectPeripheral } from './connection.ts';
import { FakePeripheral } from './testing/fake-peripheral.ts';

const PARAMETERS = { minIntervalMs: 15, maxIntervalMs: 15, supervisionTimeoutMs: 5_000 };
const TIMEOUT_MS = 10_000;
const CANCEL_MS = 2_000;

const NO_SIGNAL = new AbortController().signal;

let peripheral: FakePeripheral;
let stop: AbortController;
let adapterFailed: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  peripheral = new FakePeripheral();
  stop = new AbortController();
  adapterFailed = new AbortController();
});
afterEach(() => {
  // However an attempt ends, it leaves nothing behind.
  expect(peripheral.listenerTotal).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** An attempt, with its failure as a value. */
function attempt(): Promise<unknown> {
  const signals = { signal: stop.signal, adapterFailed: adapterFailed.signal };
  return connectPeripheral(peripheral, { parameters: PARAMETERS, timeoutMs: TIMEOUT_MS, ...signals }).then(
    () => 'connected',
    (error: unknown) => error,
  );
}

const soon = (act: () => void, ms = 50): void => void setTimeout(act, ms);

async function expectNextAttemptToWork(): Promise<void> {
  peripheral.onConnect = () => soon(() => peripheral.connected());
  const next = attempt();
  await vi.advanceTimersByTimeAsync(50);
  expect(await next).toBe('connected');
}

describe('an attempt to connect', () => {
  it('succeeds when the adapter says so', async () => {
    await expectNextAttemptToWork();
    expect(peripheral.calls).toEqual(['connect']);
  });

  it('fails at once when the adapter says that it failed', async () => {
    peripheral.onConnect = () => soon(() => peripheral.connected(new Error('0x3e')));
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(50);
    expect(await failed).toMatchObject({ code: 'link_lost' });
    expect(peripheral.calls).toEqual(['connect']);
    await expectNextAttemptToWork();
  });

  it('is cancelled at its deadline, and waits for the adapter to say so', async () => {
    peripheral.onCancel = () => soon(() => peripheral.connected(new Error('0x02')), 500);
    let settled = false;
    const failed = attempt().finally(() => (settled = true));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS + 499);
    expect(settled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await failed).toMatchObject({ code: 'timeout' });
    expect(peripheral.calls).toEqual(['connect', 'cancel']);
    await expectNextAttemptToWork();
  });

  it('hangs up where the connection comes up after all', async () => {
    peripheral.onCancel = () => soon(() => peripheral.connected());
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS + 100);
    expect(await failed).toMatchObject({ code: 'timeout' });
    expect(peripheral.calls).toEqual(['connect', 'cancel', 'disconnect']);
    expect(peripheral.state).toBe('disconnected');
    await expectNextAttemptToWork();
  });

  it('is cancelled on a stop', async () => {
    peripheral.onCancel = () => soon(() => peripheral.connected(new Error('0x02')));
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(1_000);
    stop.abort();
    await vi.advanceTimersByTimeAsync(50);
    expect(await failed).toMatchObject({ code: 'aborted' });
    expect(peripheral.calls).toEqual(['connect', 'cancel']);
  });

  it('does not begin after a stop', async () => {
    stop.abort();
    expect(await attempt()).toMatchObject({ code: 'aborted' });
    expect(peripheral.calls).toEqual([]);
  });

  it('tells a dead adapter by a cancel that is never answered, and another attempt may still work', async () => {
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS + CANCEL_MS);
    expect(await failed).toMatchObject({ code: 'adapter', cause: { code: 'timeout' } });
    await expectNextAttemptToWork();
  });

  it('is a stop, and no dead adapter, where the cancel after a stop is never answered', async () => {
    const failed = attempt();
    stop.abort();
    await vi.advanceTimersByTimeAsync(CANCEL_MS);
    expect(await failed).toMatchObject({ code: 'aborted' });
  });

  it('does not wait for an adapter that is gone', async () => {
    const failed = attempt();
    adapterFailed.abort(new Error('EPIPE'));
    await vi.advanceTimersByTimeAsync(0);
    expect(await failed).toBeInstanceOf(Error);
  });
});

describe('hanging up', () => {
  const options = (signal: AbortSignal, timeoutMs = 6_500): Parameters<typeof disconnectPeripheral>[1] => ({
    timeoutMs,
    signal,
    adapterFailed: adapterFailed.signal,
  });

  it('does not wait for ever', async () => {
    peripheral.connected();
    peripheral.onDisconnect = () => undefined;
    const isDown = disconnectPeripheral(peripheral, options(NO_SIGNAL, 1_000));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await isDown).toBe(false);
    expect(peripheral.calls).toEqual(['disconnect']);
  });

  it.each([0, 4_000])(
    'takes two seconds at most once the client is to stop, as it is after %i ms',
    async (afterMs) => {
      peripheral.connected();
      peripheral.onDisconnect = () => undefined;
      const stop = new AbortController();
      if (afterMs === 0) stop.abort();
      let isOver = false;
      const isDown = disconnectPeripheral(peripheral, options(stop.signal)).finally(() => (isOver = true));
      await vi.advanceTimersByTimeAsync(afterMs);
      stop.abort();
      await vi.advanceTimersByTimeAsync(1_999);
      expect(isOver).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await isDown).toBe(false);
    },
  );

  it('asks nothing of a peripheral that is not connected', async () => {
    expect(await disconnectPeripheral(peripheral, options(NO_SIGNAL))).toBe(true);
    expect(peripheral.calls).toEqual([]);
  });
});
