import { EventEmitter } from 'node:events';
import fs, { closeSync, openSync, readlinkSync, writeSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseAdapter } from './adapter.ts';
import { loadBleno } from './bleno.ts';
import { decodeSetPowered, encodePoweredReply, MGMT_STATUS } from './management.ts';
import { closeOnStop, reportRemoval } from './native-socket.ts';
import { loadNoble } from './noble.ts';
import type { HciSocket } from './socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';
const RESET = Buffer.from('01030c00', 'hex');

const cjsLoader = createRequire(import.meta.url)('node:module') as {
  _load: (request: string, ...rest: unknown[]) => unknown;
};

function fileAt(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

let servers = 0;

/** A real socket that is open when the constructor returns; Node has no other synchronous way. */
class RealSocket {
  readonly fd: number;
  readonly file: string | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer().listen(`\0martinete-${process.pid}-${servers++}`);
    this.fd = (this.#server as unknown as { _handle: { fd: number } })._handle.fd;
    this.file = fileAt(this.fd);
  }

  get isOpen(): boolean {
    return this.file !== undefined && fileAt(this.fd) === this.file;
  }

  /** Node will close the descriptor again: occupies it with /dev/null, so that no other file is closed. */
  dispose(): void {
    const plugs: number[] = [];
    while (fileAt(this.fd) === undefined) plugs.push(openSync('/dev/null', 'r'));
    this.#server.close();
    for (const fd of plugs) if (fd !== this.fd) closeSync(fd);
  }
}

let opened: RealSocket[] = [];
/** Socket that is bound to the user channel of the only adapter. */
let userChannelHolder: RealSocket | undefined;

/** Mimics the native package: `stop` stops listening, but does not close the descriptor. */
class NativeSocket extends EventEmitter implements HciSocket {
  readonly real = new RealSocket();
  calls: string[] = [];

  constructor() {
    super();
    opened.push(this.real);
  }

  bindRaw(): number {
    return 0;
  }

  /** Like the kernel: busy until the file is closed. */
  bindUser(): number {
    if (userChannelHolder?.isOpen) throw Object.assign(new Error('EBUSY, bind'), { code: 'EBUSY' });
    userChannelHolder = this.real;
    return 0;
  }

  bindControl(): number {
    return 0;
  }

  isDevUp(): boolean {
    this.calls.push('isDevUp');
    return true;
  }

  setFilter(): void {
    this.calls.push('setFilter');
  }

  start(): void {
    this.calls.push('start');
  }

  stop(): void {
    this.calls.push('stop');
  }

  write(packet: Buffer): void {
    this.calls.push('write');
    const command = decodeSetPowered(packet);
    // The kernel does not power off an adapter that is held in the user channel.
    if (command) {
      const reply = encodePoweredReply(command.index, MGMT_STATUS.invalidIndex);
      setTimeout(() => this.emit('data', reply));
    }
    // A write to a closed socket ends up in the file that reused its descriptor.
    if (!this.real.isOpen) writeSync(this.real.fd, packet);
  }
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  for (const socket of opened) socket.dispose();
  [opened, userChannelHolder] = [[], undefined];
});

/** Replaces the listing of open descriptors in /proc by the result of `read`. */
function stubProcListing(read: (names: string[]) => string[]): void {
  const { readdirSync } = fs;
  vi.spyOn(fs, 'readdirSync').mockImplementation(((path: string) =>
    read(readdirSync(path))) as unknown as typeof readdirSync);
  syncBuiltinESMExports();
}

function open(): NativeSocket {
  return closeOnStop(() => new NativeSocket());
}

describe('the socket of the kernel', () => {
  it('is closed when it is stopped, after the package has stopped listening', () => {
    const socket = open();
    expect(socket.real.isOpen).toBe(true);
    socket.stop();
    expect(socket.calls).toEqual(['stop']);
    expect(socket.real.isOpen).toBe(false);
  });

  it('forwards all calls until then', () => {
    const socket = open();
    socket.setFilter();
    socket.start();
    socket.write(RESET);
    expect(socket.isDevUp()).toBe(true);
    expect(socket.calls).toEqual(['setFilter', 'start', 'write', 'isDevUp']);
  });

  it('does not touch another file that has reused its descriptor after it was stopped', () => {
    const socket = open();
    socket.stop();
    const folder = fs.mkdtempSync(join(tmpdir(), 'martinete-fd-'));
    const path = join(folder, 'file');
    const files: number[] = [];
    while (files.at(-1) !== socket.real.fd) files.push(openSync(path, 'w'));
    socket.stop();
    socket.write(RESET);
    socket.setFilter();
    socket.start();
    expect(socket.isDevUp()).toBe(false);
    expect(socket.calls).toEqual(['stop']);
    expect(fileAt(socket.real.fd)).toBe(path);
    expect(fs.readFileSync(path)).toHaveLength(0);
    for (const fd of files) closeSync(fd);
    fs.rmSync(folder, { recursive: true });
  });

  it('is closed even if another socket was briefly open when it was opened', () => {
    const short = new RealSocket();
    let before = true;
    stubProcListing((names) => {
      const listed = before ? names.filter((name) => name !== String(short.fd)) : names;
      before = false;
      return listed;
    });
    const socket = open();
    closeSync(short.fd);
    socket.stop();
    expect(socket.real.isOpen).toBe(false);
    short.dispose();
  });

  it.each([
    ['is empty', () => []],
    [
      'does not exist',
      () => {
        throw new Error('ENOENT');
      },
    ],
  ])('is stopped, but not closed, if /proc %s', (_what, read) => {
    stubProcListing(read);
    const socket = open();
    socket.stop();
    expect(socket.calls).toEqual(['stop']);
    expect(socket.real.isOpen).toBe(true);
  });

  it('is not closed if it cannot be distinguished from another one', () => {
    const other = new RealSocket();
    let before = true;
    stubProcListing((names) => {
      const listed = before ? names.filter((name) => name !== String(other.fd)) : names;
      before = false;
      return listed;
    });
    const socket = open();
    socket.stop();
    expect([socket.real.isOpen, other.isOpen]).toEqual([true, true]);
    other.dispose();
  });

  it('throws if it cannot be opened', () => {
    const failure = new Error('EAFNOSUPPORT');
    const fail = (): never => {
      throw failure;
    };
    expect(() => closeOnStop(fail)).toThrow(failure);
  });
});

describe('an adapter that is unplugged', () => {
  let folder: string;
  let errors: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    folder = fs.mkdtempSync(join(tmpdir(), 'martinete-sysfs-'));
    errors = [];
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const plug = (): void => fs.mkdirSync(join(folder, 'hci1'));
  const unplug = (): void => fs.rmdirSync(join(folder, 'hci1'));

  function bind(): HciSocket {
    const socket = reportRemoval(new NativeSocket(), 'hci1', folder);
    socket.on('error', ({ message }: Error) => errors.push(message));
    socket.bindUser();
    return socket;
  }

  it('is reported within a second, once, although the program writes nothing', () => {
    plug();
    const socket = bind();
    vi.advanceTimersByTime(10_000);
    expect(errors).toEqual([]);
    unplug();
    vi.advanceTimersByTime(1_000);
    expect(errors).toEqual([expect.stringContaining('hci1 was unplugged')]);
    vi.advanceTimersByTime(10_000);
    expect(errors).toHaveLength(1);
    socket.stop();
  });

  it('is reported even if it is plugged in again at once', () => {
    plug();
    const socket = bind();
    fs.renameSync(join(folder, 'hci1'), join(folder, 'unplugged'));
    plug();
    vi.advanceTimersByTime(1_000);
    expect(errors).toHaveLength(1);
    socket.stop();
  });

  it('is not reported once the socket is stopped, which leaves no timer', () => {
    plug();
    bind().stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is not reported if the system does not list adapters', () => {
    const socket = bind();
    expect(vi.getTimerCount()).toBe(0);
    socket.stop();
  });
});

describe('an adapter of the kernel', () => {
  const LIBRARIES = [
    ['noble', () => loadNoble(parseAdapter('hci0'))],
    ['bleno', () => loadBleno(parseAdapter('hci0'), { maxMtu: 23 })],
  ] as const;

  it.each(LIBRARIES)(
    'is opened by %s in the same process once another instance has closed it',
    (_name, load) => {
      vi.useFakeTimers();
      const original = cjsLoader._load;
      vi.spyOn(cjsLoader, '_load').mockImplementation((request, ...rest) =>
        request === SOCKET_PACKAGE ? NativeSocket : original(request, ...rest),
      );
      for (let round = 0; round < 5; round++) {
        const [first, second] = [load(), load()];
        vi.advanceTimersByTime(1_000);
        expect(second.opened.aborted).toBe(false);
        first.close();
        vi.advanceTimersByTime(1_000);
        expect(second.opened.aborted).toBe(true);
        second.close();
        expect(opened.filter(({ isOpen }) => isOpen)).toEqual([]);
      }
    },
  );
});
