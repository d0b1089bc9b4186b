import { EventEmitter } from 'node:events';
import os from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError, type Adapter } from './adapter.ts';
import { loadBleno } from './bleno.ts';
import { loadNoble } from './noble.ts';
import type { HciChannel, HciSocket } from './socket.ts';

/** Command Complete of Read BD_ADDR, and of LE Set Scan Parameters, the last one of noble's start. */
const ADDRESS = '040e0a01091000' + 'eb27b8010203';
const SCAN_PARAMETERS = '040e04010b2000';
/** Command Complete of LE Set Scan Enable. */
const SCAN_ENABLE = '040e04010c2000';
/** LE Read Buffer Size, and its Command Complete. */
const READ_BUFFERS = '01022000';
const BUFFERS = '040e07010220' + '001b0008';
const RESET = '01030c00';

/** A socket that never replies, and records its calls. */
class SilentSocket extends EventEmitter implements HciSocket {
  readonly written: string[] = [];
  readonly bound: [channel: string, deviceId: number | undefined][] = [];
  stops = 0;
  upChecks = 0;
  isUp = true;

  bindRaw(deviceId?: number): number {
    return this.bound.push(['raw', deviceId]);
  }

  bindUser(deviceId?: number): number {
    return this.bound.push(['user', deviceId]);
  }

  bindControl(): number {
    return this.bound.push(['control', undefined]);
  }

  isDevUp(): boolean {
    this.upChecks++;
    return this.isUp;
  }

  setFilter(): void {
    // Not needed.
  }

  start(): void {
    // Not needed.
  }

  stop(): void {
    this.stops++;
  }

  write(packet: Buffer): void {
    this.written.push(packet.toString('hex'));
  }
}

/** An adapter that records its opened sockets. */
function adapter(
  deviceId = 0,
  make = (): SilentSocket => new SilentSocket(),
): Adapter & { sockets: SilentSocket[] } {
  const sockets: SilentSocket[] = [];
  const open = (): SilentSocket => {
    const socket = make();
    sockets.push(socket);
    return socket;
  };
  return { open, deviceId, sockets };
}

/** The socket that the library uses for HCI; bleno also opens another one. */
function hciSocket({ sockets }: { sockets: SilentSocket[] }): SilentSocket {
  const socket = sockets.find(({ bound }) => bound.some(([channel]) => channel !== 'control'));
  return socket ?? expect.unreachable('no socket was bound');
}

const LIBRARIES = [
  {
    name: 'noble',
    load: (on: Adapter) => {
      const { noble, ...rest } = loadNoble(on);
      return { loaded: noble, ...rest };
    },
    // The event on which it becomes ready: Command Complete of LE Set Scan Parameters.
    ready: '040e04010b2000',
  },
  {
    name: 'bleno',
    load: (on: Adapter) => {
      const { bleno, ...rest } = loadBleno(on, { maxMtu: 23 });
      return { loaded: bleno, ...rest };
    },
    // Command Complete of LE Set Advertising Parameters.
    ready: '040e0401062000',
  },
] as const;

const processListeners = (): unknown[] => [process.listeners('SIGINT'), process.listeners('exit')];

let listenersBefore: unknown[];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'setImmediate', 'performance'] });
  listenersBefore = processListeners();
});
afterEach(() => {
  expect(processListeners()).toEqual(listenersBefore);
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe.each(LIBRARIES)('$name', ({ load, ready }) => {
  it('is started on the given adapter when it is loaded', () => {
    const on = adapter(3);
    const { close } = load(on);
    expect(hciSocket(on).bound).toEqual([['user', 3]]);
    expect(hciSocket(on).written).toEqual([RESET]);
    close();
  });

  it.each(['darwin', 'win32', 'openbsd'] as const)('uses HCI sockets on %s as well', (platform) => {
    vi.spyOn(os, 'platform').mockReturnValue(platform);
    const on = adapter();
    const { loaded, close } = load(on);
    hciSocket(on).emit('data', Buffer.from(ready, 'hex'));
    expect(loaded.state).toBe('poweredOn');
    expect(os.platform()).toBe(platform);
    close();
  });

  it('can run twice in a process, on different adapters', () => {
    const adapters = [adapter(0), adapter(1)] as const;
    const [first, second] = [load(adapters[0]), load(adapters[1])];
    hciSocket(adapters[0]).emit('data', Buffer.from(ready, 'hex'));
    expect([first.loaded.state, second.loaded.state]).toEqual(['poweredOn', 'unknown']);
    first.close();
    hciSocket(adapters[1]).emit('data', Buffer.from(ready, 'hex'));
    expect(second.loaded.state).toBe('poweredOn');
    second.close();
  });

  it('names an adapter that needs permissions, and says which', () => {
    const on = adapter(3);
    const { failed, close } = load(on);
    hciSocket(on).emit('error', Object.assign(new Error('EPERM'), { code: 'EPERM' }));
    expect(failed.reason).toMatchObject({
      message: 'No permission to use the Bluetooth adapter hci3: run with CAP_NET_ADMIN, or as root',
    });
    close();
  });

  it('aborts `failed` when its adapter fails', () => {
    const on = adapter();
    const { failed, close } = load(on);
    expect(failed.aborted).toBe(false);
    const gone = new Error('EPIPE');
    hciSocket(on).emit('error', gone);
    expect(failed.reason).toBeInstanceOf(AdapterError);
    expect(failed.reason).toMatchObject({
      message:
        'Cannot use the Bluetooth adapter hci0 (EPIPE): check `dmesg` for the reason, or plug it in again',
      cause: gone,
    });
    close();
  });

  it('stops its sockets when it is closed, and ignores their events', () => {
    const on = adapter();
    const { loaded, close } = load(on);
    loaded.on('stateChange', () => expect.unreachable());
    close();
    expect(on.sockets.map(({ stops }) => stops)).toEqual(on.sockets.map(() => 1));
    hciSocket(on).emit('data', Buffer.from(ready, 'hex'));
    // Without a listener this would throw.
    for (const socket of on.sockets) socket.emit('error', new Error('EPIPE'));
    expect(loaded.state).toBe('unknown');
    expect(loaded.eventNames()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops polling in raw mode when it is closed', () => {
    vi.stubEnv('HCI_CHANNEL_USER', undefined);
    const on = adapter();
    const { loaded, close } = load(on);
    const states: string[] = [];
    loaded.on('stateChange', (state: string) => states.push(state));
    const socket = hciSocket(on);
    expect(socket.bound).toEqual([['raw', 0]]);
    vi.advanceTimersByTime(3500);
    expect(socket.upChecks).toBe(4);
    socket.isUp = false;
    vi.advanceTimersByTime(1000);
    expect(states).toEqual(['poweredOff']);
    const { upChecks } = socket;
    close();
    socket.isUp = true;
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
    expect(socket.upChecks).toBe(upChecks);
  });

  it('leaves no process listeners after being loaded and closed fifty times', () => {
    for (let round = 0; round < 50; round++) {
      load(adapter()).close();
      expect(processListeners()).toEqual(listenersBefore);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('can be garbage-collected once it is closed', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const libraries = Array.from({ length: 10 }, () => {
      const { loaded, close } = load(adapter());
      close();
      return new WeakRef(loaded);
    });
    vi.useRealTimers();
    // A WeakRef keeps its target alive until the end of the current task.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    const kept = libraries.filter((loaded) => loaded.deref() !== undefined);
    // One may still be referenced from the stack; a leak would keep all of them.
    expect(kept.length).toBeLessThanOrEqual(1);
  });

  it('throws an AdapterError if a socket cannot be opened, whatever the reason', () => {
    const failure = new Error('no socket today');
    const on = adapter(4, () => {
      throw failure;
    });
    expect(() => load(on)).toThrow(AdapterError);
    expect(() => load(on)).toThrow('Cannot use the Bluetooth adapter hci4 (no socket today): check `dmesg`');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('throws an error with advice if the adapter cannot be bound, and stops the sockets', () => {
    class BusySocket extends SilentSocket {
      override bindUser(): number {
        throw Object.assign(new Error('EBUSY, Device or resource busy'), { code: 'EBUSY' });
      }
    }
    const on = adapter(0, () => new BusySocket());
    expect(() => load(on)).toThrow(AdapterError);
    expect(on.sockets.map(({ stops }) => stops)).toEqual(on.sockets.map(() => 1));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('bleno', () => {
  it('stops its first socket if the second cannot be opened', () => {
    const sockets: SilentSocket[] = [];
    const failure = new Error('one is enough');
    const on = adapter(0, () => {
      if (sockets.length > 0) throw failure;
      const socket = new SilentSocket();
      sockets.push(socket);
      return socket;
    });
    expect(() => loadBleno(on, { maxMtu: 23 })).toThrow(failure.message);
    expect(sockets.map(({ stops }) => stops)).toEqual([1]);
  });

  it.each([undefined, '7'])('restores the environment (%s)', (outer) => {
    vi.stubEnv('BLENO_HCI_DEVICE_ID', outer);
    loadBleno(adapter(3), { maxMtu: 23 }).close();
    expect(process.env['BLENO_HCI_DEVICE_ID']).toBe(outer);
  });
});

describe('noble', () => {
  it('fails if its adapter does not support Low Energy, and says which', () => {
    const on = { ...adapter(3), name: 'hci3' };
    const { failed, close } = loadNoble(on, () => undefined);
    // Version of the adapter: Bluetooth 3.0.
    hciSocket(on).emit('data', Buffer.from('040e0c01011000' + '0500000500000000', 'hex'));
    expect(failed.reason).toMatchObject({
      message: 'The Bluetooth adapter hci3 does not support Bluetooth Low Energy: choose another one',
    });
    close();
  });

  it('fails if its adapter is powered off in raw mode, and says how to power it on', () => {
    vi.stubEnv('HCI_CHANNEL_USER', undefined);
    const on = adapter(3);
    const { failed, close } = loadNoble(on);
    hciSocket(on).isUp = false;
    vi.advanceTimersByTime(1000);
    expect(failed.reason).toMatchObject({
      message: expect.stringMatching(
        /^The Bluetooth adapter hci3 is down: .*hciconfig hci3 up.*rfkill/,
      ) as unknown,
    });
    close();
  });

  it('reads the ACL buffer size once it is powered on, without which it does not send on the user channel', () => {
    const on = adapter();
    const { close, failed } = loadNoble(on);
    for (const packet of [ADDRESS, SCAN_PARAMETERS]) hciSocket(on).emit('data', Buffer.from(packet, 'hex'));
    expect(hciSocket(on).written).toEqual([RESET, READ_BUFFERS]);
    expect(failed.aborted).toBe(false);
    close();
  });

  it('asks for the ACL buffer size again with each scan until the adapter has told it', () => {
    const on = adapter();
    const { close } = loadNoble(on);
    const socket = hciSocket(on);
    const sendAll = (...packets: readonly string[]): void =>
      packets.forEach((packet) => socket.emit('data', Buffer.from(packet, 'hex')));
    sendAll(ADDRESS, SCAN_ENABLE, SCAN_PARAMETERS);
    expect(socket.written).toEqual([RESET, READ_BUFFERS]);
    socket.written.length = 0;
    sendAll(SCAN_ENABLE, SCAN_ENABLE, BUFFERS, SCAN_ENABLE);
    expect(socket.written).toEqual([READ_BUFFERS, READ_BUFFERS]);
    close();
  });

  it('fails if the adapter has not told its address by then, without which it throws on the next connection', () => {
    const on = adapter();
    const { close, failed } = loadNoble(on);
    hciSocket(on).emit('data', Buffer.from(SCAN_PARAMETERS, 'hex'));
    expect(String(failed.reason)).toContain('it has not told its own address');
    close();
  });

  describe('whose peripheral requests other connection parameters', () => {
    /** Replies with the adapter's address and buffers, then LE Connection Complete: handle 0x40, 30 ms, 5 s. */
    const CONNECTED = [
      ADDRESS,
      BUFFERS,
      '043e130100' + '4000' + '0000' + '0100009ef0c8' + '18000000f401' + '00',
    ];
    /** Connection Parameter Update Request: 100 ms, 1 s. */
    const REQUESTED = '024020' + '1000' + '0c000500' + '12010800' + '5000500000006400';
    const ACCEPTED = '024000' + '0a00' + '06000500' + '13010200' + '0000';
    const UPDATE = '0113200e' + '4000' + '500050000000' + 'f401' + '00000000';

    /** Packets that noble sends in response to the request. */
    async function answerOn(channel: HciChannel): Promise<string[]> {
      const on = { ...adapter(), channel };
      const { noble, close } = loadNoble(on);
      // noble warns because it has not discovered the peripheral.
      noble.on('warning', () => undefined);
      const socket = hciSocket(on);
      for (const packet of CONNECTED) socket.emit('data', Buffer.from(packet, 'hex'));
      await vi.advanceTimersByTimeAsync(0);
      const { length } = socket.written;
      socket.emit('data', Buffer.from(REQUESTED, 'hex'));
      await vi.advanceTimersByTimeAsync(0);
      close();
      return socket.written.slice(length);
    }

    it('answers it on the user channel', async () => {
      expect((await answerOn('user')).sort()).toEqual([UPDATE, ACCEPTED]);
    });

    it.each(['1', undefined])('leaves it to the kernel in raw mode (environment: %s)', async (outer) => {
      vi.stubEnv('HCI_CHANNEL_USER', outer);
      expect(await answerOn('raw')).toEqual([]);
      expect(process.env['HCI_CHANNEL_USER']).toBe(outer);
    });
  });
});
