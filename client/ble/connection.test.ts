import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectPeripheral, disconnectPeripheral } from './connection.ts';
import { FakePeripheral } from './testing/fake-peripheral.ts';

const PARAMETERS = { minIntervalMs: 15, maxIntervalMs: 15, supervisionTimeoutMs: 5_000 };
const TIMEOUT_MS = 10_000;
const CANCEL_MS = 2_000;

const NO_SIGNAL = new AbortController().signal;

let peripheral: FakePeripheral;
let hci: EventEmitter;
let stop: AbortController;
let adapterFailed: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  peripheral = new FakePeripheral();
  hci = new EventEmitter();
  stop = new AbortController();
  adapterFailed = new AbortController();
});
afterEach(() => {
  // However an attempt ends, it leaves no listener and no timer behind.
  expect(peripheral.listenerTotal).toBe(0);
  expect(hci.listenerCount('leConnComplete')).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Runs an attempt; resolves to its error, or 'connected'. */
function attempt(): Promise<unknown> {
  const signals = { signal: stop.signal, adapterFailed: adapterFailed.signal };
  const options = { parameters: PARAMETERS, hci, timeoutMs: TIMEOUT_MS, ...signals };
  return connectPeripheral(peripheral, options).then(
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

describe('a connection attempt', () => {
  it('succeeds when the adapter reports the connection', async () => {
    await expectNextAttemptToWork();
    expect(peripheral.calls).toEqual(['connect']);
  });

  it('fails at once when the adapter reports a failure', async () => {
    peripheral.onConnect = () => soon(() => peripheral.connected(new Error('0x3e')));
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(50);
    expect(await failed).toMatchObject({ code: 'link_lost' });
    expect(peripheral.calls).toEqual(['connect']);
    await expectNextAttemptToWork();
  });

  it.each([
    ['rejects the command', [], 'connect_rejected'],
    ['cannot reach the scooter', [0x40, 0], 'link_lost'],
  ])('fails with another error if the adapter %s', async (_what, handleAndRole, code) => {
    // As noble does: the HCI host emits the result, and the peripheral then `connect`.
    hci.on('leConnComplete', () => peripheral.connected(new Error('Command Disallowed (0xc)')));
    peripheral.onConnect = () => soon(() => void hci.emit('leConnComplete', 0x0c, ...handleAndRole));
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(50);
    expect(await failed).toMatchObject({ code });
    hci.removeAllListeners();
  });

  it('is cancelled at its deadline, and waits for the adapter to confirm that', async () => {
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

  it('disconnects if the connection comes up after the cancel', async () => {
    peripheral.onCancel = () => soon(() => peripheral.connected());
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS + 100);
    expect(await failed).toMatchObject({ code: 'timeout' });
    expect(peripheral.calls).toEqual(['connect', 'cancel', 'disconnect']);
    expect(peripheral.state).toBe('disconnected');
    await expectNextAttemptToWork();
  });

  it('is cancelled when the client stops', async () => {
    peripheral.onCancel = () => soon(() => peripheral.connected(new Error('0x02')));
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(1_000);
    stop.abort();
    await vi.advanceTimersByTimeAsync(50);
    expect(await failed).toMatchObject({ code: 'aborted' });
    expect(peripheral.calls).toEqual(['connect', 'cancel']);
  });

  it('does not begin after the client has stopped', async () => {
    stop.abort();
    expect(await attempt()).toMatchObject({ code: 'aborted' });
    expect(peripheral.calls).toEqual([]);
  });

  it('fails as an adapter failure if the cancel is never answered, and another attempt may still succeed', async () => {
    const failed = attempt();
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS + CANCEL_MS);
    expect(await failed).toMatchObject({ code: 'adapter', cause: { code: 'timeout' } });
    await expectNextAttemptToWork();
  });

  it('fails as aborted, not as an adapter failure, if the cancel after a stop is never answered', async () => {
    const failed = attempt();
    stop.abort();
    await vi.advanceTimersByTimeAsync(CANCEL_MS);
    expect(await failed).toMatchObject({ code: 'aborted' });
  });

  it('does not wait for an adapter that has failed', async () => {
    const failed = attempt();
    adapterFailed.abort(new Error('EPIPE'));
    await vi.advanceTimersByTimeAsync(0);
    expect(await failed).toBeInstanceOf(Error);
  });
});

describe('disconnecting', () => {
  const options = (signal: AbortSignal, timeoutMs = 6_500): Parameters<typeof disconnectPeripheral>[1] => ({
    timeoutMs,
    signal,
    adapterFailed: adapterFailed.signal,
  });

  it('gives up after its timeout', async () => {
    peripheral.connected();
    peripheral.onDisconnect = () => undefined;
    const isDown = disconnectPeripheral(peripheral, options(NO_SIGNAL, 1_000));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await isDown).toBe(false);
    expect(peripheral.calls).toEqual(['disconnect']);
  });

  it.each([0, 4_000])(
    'takes two seconds at most once the client stops, here after %i ms',
    async (afterMs) => {
      peripheral.connected();
      peripheral.onDisconnect = () => undefined;
      const stop = new AbortController();
      if (afterMs === 0) stop.abort();
      let isSettled = false;
      const isDown = disconnectPeripheral(peripheral, options(stop.signal)).finally(() => (isSettled = true));
      await vi.advanceTimersByTimeAsync(afterMs);
      stop.abort();
      await vi.advanceTimersByTimeAsync(1_999);
      expect(isSettled).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await isDown).toBe(false);
    },
  );

  it('sends no command for a peripheral that is not connected', async () => {
    expect(await disconnectPeripheral(peripheral, options(NO_SIGNAL))).toBe(true);
    expect(peripheral.calls).toEqual([]);
  });
});
