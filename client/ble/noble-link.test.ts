import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NORDIC_UART, XIAOMI } from '../../protocol/gatt.ts';
import type { Link } from './central.ts';
import { openLink } from './noble-link.ts';
import { type FakeCharacteristic, FakePeripheral, FakeService } from './testing/fake-peripheral.ts';

const STEP_TIMEOUT_MS = 6_500;
const NO_SIGNAL = new AbortController().signal;

let peripheral: FakePeripheral;
let service: FakeService;
let adapterFailed: AbortController;
beforeEach(() => {
  vi.useFakeTimers();
  peripheral = new FakePeripheral();
  adapterFailed = new AbortController();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** Connects; as in noble, every connection has new services and characteristics. */
function connect(): Promise<Link> {
  peripheral.connected();
  service = new FakeService(NORDIC_UART.service.replaceAll('-', ''), [
    '6e400002b5a3f393e0a9e50e24dcca9e',
    '6e400003b5a3f393e0a9e50e24dcca9e',
  ]);
  const found = service;
  peripheral.onDiscover = () => peripheral.emit('servicesDiscover', [found]);
  return open();
}

const open = (): Promise<Link> =>
  openLink(peripheral, {
    stepTimeoutMs: STEP_TIMEOUT_MS,
    signal: NO_SIGNAL,
    adapterFailed: adapterFailed.signal,
  });

function notifyCharacteristic(): FakeCharacteristic {
  const [, notify] = service.characteristics;
  if (!notify) throw new Error('no such characteristic');
  return notify;
}

const numberOfWrites = (): number =>
  service.characteristics.reduce((sum, found) => sum + found.written.length, 0);

describe('a link', () => {
  it('reports which characteristics the scooter has', async () => {
    const link = await connect();
    expect(link.has(NORDIC_UART.write)).toBe(true);
    expect(link.has(XIAOMI.avdtp)).toBe(false);
    expect(() => link.write(XIAOMI.avdtp, Buffer.alloc(1))).toThrow('no characteristic');
  });

  it('does not write once it has ended, not even on a newer connection to the same scooter', async () => {
    const old = await connect();
    const oldService = service;
    peripheral.disconnected();
    const link = await connect();
    old.write(NORDIC_UART.write, Buffer.alloc(1));
    expect(numberOfWrites() + oldService.characteristics.flatMap((found) => found.written).length).toBe(0);
    link.write(NORDIC_UART.write, Buffer.alloc(1));
    expect(numberOfWrites()).toBe(1);
  });

  it.each([
    { properties: ['write'], withoutResponse: 0 },
    { properties: ['write', 'writeWithoutResponse'], withoutResponse: 1 },
    { properties: ['writeWithoutResponse'], withoutResponse: 1 },
    { properties: [], withoutResponse: 1 },
  ])('writes as the characteristic allows: $properties', async ({ properties, withoutResponse }) => {
    const link = await connect();
    const [write] = service.characteristics;
    if (write) write.properties = properties;
    link.write(NORDIC_UART.write, Buffer.alloc(1));
    expect(write?.written).toHaveLength(1);
    expect(write?.writtenWithoutResponse).toBe(withoutResponse);
  });

  it('does not disconnect a newer connection when it is closed late', async () => {
    const old = await connect();
    peripheral.disconnected();
    await connect();
    await old.close();
    expect(peripheral.calls).toEqual([]);
  });

  it('ends only once, whatever happens afterwards', async () => {
    const link = await connect();
    const onEnd = vi.fn();
    link.ended.addEventListener('abort', onEnd);
    peripheral.disconnected();
    peripheral.emit('disconnect');
    adapterFailed.abort(new Error('EPIPE'));
    await link.close();
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(link.ended.reason).toMatchObject({ code: 'link_lost' });
  });

  it('ends when the adapter fails', async () => {
    const link = await connect();
    adapterFailed.abort(new Error('EPIPE'));
    expect(link.ended.reason).toMatchObject({ code: 'adapter', cause: { message: 'EPIPE' } });
    expect(peripheral.listenerTotal).toBe(0);
  });

  it('reports an adapter failure if the disconnect is never confirmed', async () => {
    const link = await connect();
    peripheral.onDisconnect = () => undefined;
    const closed = expect(link.close()).rejects.toMatchObject({ code: 'adapter' });
    await vi.advanceTimersByTimeAsync(STEP_TIMEOUT_MS);
    await closed;
    expect(link.ended.aborted).toBe(true);
    expect(peripheral.listenerTotal).toBe(0);
  });
});

describe('a subscription', () => {
  it('delivers until it is cancelled', async () => {
    const link = await connect();
    const received: Buffer[] = [];
    const subscribed = link.subscribe(NORDIC_UART.notify, (bytes) => received.push(bytes));
    notifyCharacteristic().emit('notify');
    const unsubscribe = await subscribed;
    notifyCharacteristic().emit('data', Buffer.from([1]));
    unsubscribe();
    notifyCharacteristic().emit('data', Buffer.from([2]));
    expect(received).toEqual([Buffer.from([1])]);
  });

  it('ends with the link', async () => {
    const link = await connect();
    const received = vi.fn();
    const subscribed = link.subscribe(NORDIC_UART.notify, received);
    notifyCharacteristic().emit('notify');
    await subscribed;
    peripheral.disconnected();
    notifyCharacteristic().emit('data', Buffer.from([1]));
    expect(received).not.toHaveBeenCalled();
  });

  it.each(['is lost', 'stays silent'])(
    'fails if the link %s meanwhile, and leaves no listener behind',
    async (how) => {
      const link = await connect();
      const received = vi.fn();
      const failed = link.subscribe(NORDIC_UART.notify, received).catch((error: unknown) => error);
      if (how === 'is lost') peripheral.disconnected();
      await vi.advanceTimersByTimeAsync(STEP_TIMEOUT_MS);
      expect(await failed).toMatchObject({ code: how === 'is lost' ? 'link_lost' : 'timeout' });
      expect(notifyCharacteristic().listenerCount('data')).toBe(0);
    },
  );
});

describe('a read of a characteristic', () => {
  it('resolves to its value', async () => {
    const link = await connect();
    const value = link.read(NORDIC_UART.notify);
    notifyCharacteristic().emit('read', Buffer.of(1, 2), false);
    expect(await value).toEqual(Buffer.of(1, 2));
  });

  it.each(['is lost', 'stays silent'])('fails if the link %s meanwhile', async (how) => {
    const link = await connect();
    const failed = link.read(NORDIC_UART.notify).catch((error: unknown) => error);
    if (how === 'is lost') peripheral.disconnected();
    await vi.advanceTimersByTimeAsync(STEP_TIMEOUT_MS);
    expect(await failed).toMatchObject({ code: how === 'is lost' ? 'link_lost' : 'timeout' });
  });
});

describe('a discovery', () => {
  it('leaves no listener behind, however many links end during it', async () => {
    for (let count = 0; count < 20; count++) {
      peripheral.connected();
      peripheral.onDiscover = () => undefined;
      const failed = open().catch((error: unknown) => error);
      peripheral.disconnected();
      expect(await failed).toMatchObject({ code: 'link_lost' });
    }
    expect(peripheral.listenerTotal).toBe(0);
  });

  it('disconnects if it is not answered in time', async () => {
    peripheral.connected();
    const failed = open().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(STEP_TIMEOUT_MS + 100);
    expect(await failed).toMatchObject({ code: 'timeout' });
    expect(peripheral.calls).toEqual(['disconnect']);
    expect(peripheral.listenerTotal).toBe(0);
  });

  it('is bounded as a whole, however many services the peer lists', async () => {
    const services = Array.from({ length: 100 }, () => {
      const listed = new FakeService(XIAOMI.service, []);
      listed.discoveryMs = STEP_TIMEOUT_MS - 1;
      return listed;
    });
    peripheral.connected();
    peripheral.onDiscover = () => peripheral.emit('servicesDiscover', services);
    const startMs = performance.now();
    let tookMs = Infinity;
    const failed = open()
      .catch((error: unknown) => error)
      .finally(() => (tookMs = performance.now() - startMs));
    await vi.advanceTimersByTimeAsync(100 * STEP_TIMEOUT_MS);
    expect(await failed).toMatchObject({ code: 'timeout' });
    expect(tookMs).toBeLessThan(4 * STEP_TIMEOUT_MS);
  });

  it('fails at once on a link that is already lost', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'link_lost' });
    expect(peripheral.calls).toEqual([]);
    expect(peripheral.listenerTotal).toBe(0);
  });
});
