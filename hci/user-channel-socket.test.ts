import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError } from './adapter-error.ts';
import type { HciSocket } from './socket.ts';
import { UserChannelSocket } from './user-channel-socket.ts';

const RESET = Buffer.from('01030c00', 'hex');
/** Set Powered off for hci1 (doc/mgmt-api.txt of BlueZ), and replies to it. */
const POWER_OFF = '05000100010000';
const OFF = '01000100070005000000000000';
const INVALID_INDEX = '0200010003000500' + '11';
const REFUSED = '0200010003000500' + '0b';
const POWERED_ON_BY_OTHERS = '060001000400' + '01000000';

const systemError = (code: string, errno: number): Error =>
  Object.assign(new Error(`${code}, bind`), { code, errno });
const busy = (): Error => systemError('EBUSY', 16);

/** The kernel with one adapter, hci1; its sockets are opened by the class under test. */
class Kernel {
  /** Errors of the next attempts to bind. */
  bindErrors: Error[] = [];
  /** The error of every later attempt. */
  lastingError: Error | undefined;
  /** Reply to a management command. */
  reply: string | undefined = OFF;
  isUp = true;
  readonly commands: string[] = [];
  readonly sockets: KernelSocket[] = [];
  binds = 0;

  readonly open = (): HciSocket => {
    const socket = new KernelSocket(this);
    this.sockets.push(socket);
    return socket;
  };
}

class KernelSocket extends EventEmitter implements HciSocket {
  readonly #kernel: Kernel;
  readonly calls: string[] = [];

  constructor(kernel: Kernel) {
    super();
    this.#kernel = kernel;
  }

  bindRaw = (): number => 0;
  isDevUp = (): boolean => this.#kernel.isUp;
  setFilter = (): void => undefined;
  start = (): void => void this.calls.push('start');
  stop = (): void => void this.calls.push('stop');

  bindUser(): number {
    this.#kernel.binds++;
    const error = this.#kernel.bindErrors.shift() ?? this.#kernel.lastingError;
    if (error) throw error;
    this.calls.push('bound');
    return 1;
  }

  bindControl(): number {
    this.calls.push('control');
    return 0;
  }

  write(packet: Buffer): void {
    if (!this.calls.includes('control')) {
      this.calls.push(packet.toString('hex'));
      return;
    }
    this.#kernel.commands.push(packet.toString('hex'));
    const { reply } = this.#kernel;
    if (reply !== undefined) setTimeout(() => this.emit('data', Buffer.from(reply, 'hex')), 1);
  }
}

let kernel: Kernel;
let socket: UserChannelSocket;
let events: string[];
beforeEach(() => {
  vi.useFakeTimers();
  kernel = new Kernel();
  events = [];
  socket = new UserChannelSocket(kernel.open);
  socket.on('open', () => events.push('open'));
  socket.on('error', ({ message }: Error) => events.push(message));
});
afterEach(() => {
  socket.stop();
  expect(vi.getTimerCount()).toBe(0);
  expect(kernel.sockets.every(({ calls }) => calls.includes('stop'))).toBe(true);
  vi.useRealTimers();
});

/** Binds, starts and resets the adapter as noble does. */
function start(): void {
  expect(socket.bindUser(1)).toBe(1);
  socket.start();
  socket.write(RESET);
}

const bound = ['bound', 'start', RESET.toString('hex')];

describe('an adapter', () => {
  it('that is down is bound at once, without a management command', () => {
    start();
    expect(events).toEqual(['open']);
    expect(kernel.sockets.map(({ calls }) => calls)).toEqual([bound]);
  });

  it('that is up is powered off and bound, and gets what was written meanwhile', () => {
    kernel.bindErrors = [busy()];
    start();
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual(['open']);
    expect(kernel.commands).toEqual([POWER_OFF]);
    expect(kernel.sockets.map(({ calls }) => calls)).toEqual([bound, ['control', 'start', 'stop']]);
  });

  it('that a service powers on again and again is bound once we are faster', () => {
    kernel.bindErrors = Array.from({ length: 40 }, busy);
    start();
    vi.advanceTimersByTime(4_000);
    expect(events).toEqual(['open']);
    expect(kernel.commands.length).toBeGreaterThan(10);
  });

  it('is not bound before it is powered off, as it would then be powered off in use', () => {
    kernel.reply = undefined;
    kernel.bindErrors = [busy()];
    start();
    vi.advanceTimersByTime(1_000);
    expect([kernel.binds, kernel.commands.length]).toEqual([1, 1]);
    kernel.sockets[1]?.emit('data', Buffer.from(OFF, 'hex'));
    expect(events).toEqual(['open']);
  });

  it('that another program has just bound is waited for', () => {
    kernel.bindErrors = [systemError('', 87)];
    start();
    vi.advanceTimersByTime(100);
    expect(events).toEqual(['open']);
  });

  it.each([
    [
      'another program holds in the user channel',
      INVALID_INDEX,
      /hci1 is busy: another program uses it exclusively/,
    ],
    ['a service always powers on', OFF, /hci1 is busy: .*powers it on again.*AutoEnable=false.*main\.conf/],
    ['the kernel does not power off', REFUSED, /hci1 is busy.*status 11.*`sudo hciconfig hci1 down`/],
    ['the kernel says nothing about', undefined, /hci1 is busy.*no reply/],
  ])('that %s fails after 5 s, with what to do', (_what, reply, message) => {
    kernel.lastingError = busy();
    kernel.reply = reply;
    start();
    vi.advanceTimersByTime(4_999);
    expect(events).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(events).toEqual([expect.stringMatching(message)]);
    kernel.lastingError = undefined;
    vi.advanceTimersByTime(10_000);
    expect(events).toHaveLength(1);
  });

  it('that the kernel could not set up is not blamed on another program', () => {
    kernel.lastingError = busy();
    kernel.reply = INVALID_INDEX;
    kernel.isUp = false;
    start();
    vi.advanceTimersByTime(5_001);
    expect(events).toEqual([expect.stringMatching(/hci1 is not ready: .*dmesg/)]);
  });

  it('that is unplugged meanwhile fails at once, with advice', () => {
    kernel.bindErrors = [busy()];
    kernel.lastingError = systemError('ENODEV', 19);
    start();
    vi.advanceTimersByTime(25);
    expect(events).toEqual([expect.stringContaining('no Bluetooth adapter hci1')]);
  });

  it.each(['EPERM', 'ENODEV'])(
    'that cannot be bound because of %s fails without a management command',
    (code) => {
      kernel.lastingError = systemError(code, 1);
      expect(() => socket.bindUser(1)).toThrow(code);
      expect(kernel.sockets).toHaveLength(1);
    },
  );

  it('is not bound any more once the socket is stopped', () => {
    kernel.lastingError = busy();
    start();
    vi.advanceTimersByTime(100);
    const { binds } = kernel;
    socket.stop();
    kernel.lastingError = undefined;
    vi.advanceTimersByTime(10_000);
    expect(kernel.binds).toBe(binds);
    expect(events).toEqual([]);
  });

  it('is not taken for powered off by events about other programs', () => {
    kernel.reply = POWERED_ON_BY_OTHERS;
    kernel.bindErrors = [busy()];
    start();
    vi.advanceTimersByTime(1_000);
    expect(kernel.binds).toBe(1);
  });
});

it('a socket of an adapter passes packets and errors on', () => {
  start();
  const received: Buffer[] = [];
  socket.on('data', (packet: Buffer) => received.push(packet));
  kernel.sockets[0]?.emit('data', RESET);
  kernel.sockets[0]?.emit('error', new AdapterError('EPIPE'));
  expect(received).toEqual([RESET]);
  expect(events).toEqual(['open', 'EPIPE']);
});

it('a socket of the management channel can be used as one', () => {
  kernel.reply = undefined;
  socket.bindControl();
  socket.start();
  socket.write(Buffer.from(POWER_OFF, 'hex'));
  expect(kernel.commands).toEqual([POWER_OFF]);
  expect(events).toEqual([]);
});
