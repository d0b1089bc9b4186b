import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Adapter } from '../../hci/adapter.ts';
import type { HciSocket } from '../../hci/socket.ts';
import { openCentral } from './noble-central.ts';

/** Command Complete of Read BD_ADDR. */
const ADDRESS = Buffer.from('040e0a01091000eb27b8010203', 'hex');
/** Command Complete of LE Set Scan Parameters, on which noble is powered on. */
const POWERED_ON = Buffer.from('040e04010b2000', 'hex');
const OPEN_MS = 60_000;
const POWER_ON_MS = 10_000;

/** A socket that opens when the test emits `open`. */
class SlowSocket extends EventEmitter implements HciSocket {
  bindRaw = (): number => 0;
  bindUser = (): number => 0;
  bindControl = (): number => 0;
  isDevUp = (): boolean => true;
  setFilter = (): void => undefined;
  start = (): void => undefined;
  stop = (): void => undefined;
  write = (): void => undefined;
}

let socket: SlowSocket;
let adapter: Adapter;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  socket = new SlowSocket();
  adapter = { open: () => socket, deviceId: 0, channel: 'user' };
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Opens the adapter; resolves to 'open' or the error. */
function open(): Promise<unknown> {
  return openCentral(adapter, new AbortController().signal).then(
    async (central) => {
      await central.close();
      return 'open';
    },
    (error: unknown) => error,
  );
}

async function expectAdapterError(opened: Promise<unknown>, message: string): Promise<void> {
  const error = await opened;
  expect(error).toMatchObject({ code: 'adapter' });
  expect(error).toHaveProperty('message', expect.stringContaining(message));
}

it('an adapter whose process takes 50 s to start on a slow Pi, and then 9 s to power on, is used', async () => {
  const opened = open();
  await vi.advanceTimersByTimeAsync(50_000);
  socket.emit('open');
  await vi.advanceTimersByTimeAsync(POWER_ON_MS - 1_000);
  socket.emit('data', ADDRESS);
  socket.emit('data', POWERED_ON);
  expect(await opened).toBe('open');
});

it('an adapter that is open but does not power on fails after 10 s', async () => {
  const opened = open();
  await vi.advanceTimersByTimeAsync(30_000);
  socket.emit('open');
  await vi.advanceTimersByTimeAsync(POWER_ON_MS);
  await expectAdapterError(opened, 'Powering on');
});

it('an adapter that never opens fails after a minute', async () => {
  const opened = open();
  await vi.advanceTimersByTimeAsync(OPEN_MS);
  await expectAdapterError(opened, 'Opening');
});
