import { fork, type ChildProcess } from 'node:child_process';
import type * as ChildProcessModule from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdapterError, parseAdapter } from './adapter.ts';
import { loadBleno } from './bleno.ts';
import { ForkedSocket } from './forked-socket.ts';
import { loadNoble } from './noble.ts';
import { TYPESCRIPT_FLAGS } from '../typescript-loader/flags.ts';
import { once, onceThat } from './testing/deadline.ts';

const STUB = join(import.meta.dirname, 'testing/stub-native.cjs');
const CHILD = join(import.meta.dirname, 'forked-socket-child.ts');
const GRACE_MS = 500;
const NO_SUCH_DEVICE = 99;

/** LE Create Connection, on which the stub blocks, and its events before and after that. */
const CONNECT = Buffer.from('010d201960003000000006050403020100060012000000f40104000600', 'hex');
const CONNECT_BEGINS = '040f0400010d20';
const CONNECTED = '043e13010040000000060504030201180000002a0000';
const BURST = Buffer.from('0101fc00', 'hex');
const NETWORK_DOWN = Buffer.from('0102fc00', 'hex');
const SWITCH_OFF = Buffer.from('0103fc00', 'hex');
const RESET = '01030c00';

const ping = (index: number): Buffer => Buffer.of(1, 0x10, 0xfc, 1, index);
const pong = (index: number): string => `040e050110fc00${Buffer.of(index).toString('hex')}`;
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const { children } = vi.hoisted(() => ({ children: [] as ChildProcess[] }));

vi.mock('node:child_process', async (importOriginal) => {
  const original = await importOriginal<typeof ChildProcessModule>();
  const watched = (...args: Parameters<typeof fork>): ChildProcess => {
    const child = original.fork(...args);
    children.push(child);
    return child;
  };
  return { ...original, fork: watched };
});

const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Exit code or signal of a process, once it has ended. */
async function endOf(child = onlyChild()): Promise<number | string | null> {
  if (!hasEnded(child)) await once(child, 'exit');
  return child.signalCode ?? child.exitCode;
}

function onlyChild(): ChildProcess {
  expect(children).toHaveLength(1);
  return children[0] ?? expect.unreachable();
}

let folder: string;
let exitListeners: unknown[];
const opened: ForkedSocket[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'martinete-forked-'));
  vi.stubEnv('STUB_ANSWER', join(folder, 'answer'));
  vi.stubEnv('STUB_NOTES', join(folder, 'notes'));
  // The child runs without vitest, which would transpile TypeScript.
  vi.stubEnv('NODE_OPTIONS', TYPESCRIPT_FLAGS.join(' '));
  exitListeners = process.listeners('exit');
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.stop();
  // No process, listener or timer may be left over.
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await endOf(child);
  }
  expect(process.listeners('exit')).toEqual(exitListeners);
  if (vi.isFakeTimers()) expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A socket that is not bound yet, and its events. */
function open(nativeModule = STUB): { socket: ForkedSocket; received: string[]; errors: Error[] } {
  const socket = new ForkedSocket('hci0', nativeModule);
  opened.push(socket);
  const [received, errors] = [[] as string[], [] as Error[]];
  socket.on('data', (packet: Buffer) => received.push(packet.toString('hex')));
  socket.on('error', (error: Error) => errors.push(error));
  return { socket, received, errors };
}

function start(): ReturnType<typeof open> {
  const all = open();
  all.socket.bindRaw(0);
  all.socket.start();
  return all;
}

async function until(socket: EventEmitter, done: () => boolean, event = 'data'): Promise<void> {
  await onceThat(done, [socket, event], `"${event}" events so that ${String(done)}`);
}

/** A socket whose process blocks in a connect. */
async function startBlocked(): Promise<ReturnType<typeof open>> {
  const all = start();
  all.socket.write(CONNECT);
  await until(all.socket, () => all.received.length > 0);
  expect(all.received).toEqual([CONNECT_BEGINS]);
  return all;
}

/** Keeps the grace period of a child process from running out, however slow the machine is. */
const stopTime = (): void => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });

const finishConnect = (): void => writeFileSync(join(folder, 'answer'), '');
const calls = (): string[] => readFileSync(join(folder, 'notes'), 'utf8').trimEnd().split('\n');

describe('the socket of raw mode', () => {
  it('transfers packets in both directions, in order', async () => {
    const { socket, received } = start();
    for (const index of range(50)) {
      const packet = ping(index);
      socket.write(packet);
      packet.fill(0);
    }
    await until(socket, () => received.length === 50);
    expect(received).toEqual(range(50).map(pong));
    socket.setFilter(Buffer.alloc(16));
    socket.write(ping(50));
    await until(socket, () => received.length === 51);
    expect(calls()[0]).toBe('bindRaw 0');
    expect(calls().at(-2)).toBe('setFilter true');
  });

  it('delivers one packet per macrotask, even if many arrive at once', async () => {
    const { socket, received } = start();
    socket.write(BURST);
    let inThisTask = 0;
    const taskOf: number[] = [];
    socket.on('data', () => {
      taskOf.push(++inThisTask);
      queueMicrotask(() => (inThisTask = 0));
    });
    await until(socket, () => received.length === 50);
    expect(received).toEqual(range(50).map((index) => `04ff01${Buffer.of(index).toString('hex')}`));
    expect(Math.max(...taskOf)).toBe(1);
  });

  it('does not block the process during a connect, and executes later calls once it returns', async () => {
    const { socket, received, errors } = await startBlocked();
    for (const index of range(5)) socket.write(ping(index));
    expect(socket.isDevUp()).toBe(true);
    // This line would never run if the connect blocked this process as well.
    finishConnect();
    await until(socket, () => received.length === 7);
    expect(received).toEqual([CONNECT_BEGINS, CONNECTED, ...range(5).map(pong)]);
    expect(errors).toEqual([]);
  });

  it('is killed after the grace period if it blocks when it is stopped', async () => {
    const { socket, received, errors } = await startBlocked();
    stopTime();
    socket.stop();
    socket.stop();
    vi.advanceTimersByTime(GRACE_MS - 1);
    expect(onlyChild().killed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await endOf()).toBe('SIGKILL');
    expect([received, errors]).toEqual([[CONNECT_BEGINS], []]);
  });

  it('exits by itself when it is stopped, after sending its last packet', async () => {
    const { socket, received } = start();
    socket.write(ping(1));
    await until(socket, () => received.length === 1);
    stopTime();
    socket.write(ping(2));
    socket.stop();
    socket.write(ping(3));
    expect(await endOf()).toBe(0);
    expect(calls().at(-1)).toBe(ping(2).toString('hex'));
    expect([received, socket.isDevUp()]).toEqual([[pong(1)], false]);
  });

  it('is killed if the client exits within the grace period', async () => {
    await startBlocked();
    const added = process.listeners('exit').filter((listener) => !exitListeners.includes(listener));
    for (const listener of added) listener(0);
    expect(await endOf()).toBe('SIGKILL');
  });

  it('ignores signals: the client decides when it ends', async () => {
    const { socket, received } = start();
    socket.write(ping(0));
    await until(socket, () => received.length === 1);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) onlyChild().kill(signal);
    socket.write(ping(1));
    await until(socket, () => received.length === 2);
    stopTime();
    socket.stop();
    expect(await endOf()).toBe(0);
  });

  it('is up until its process reports otherwise', async () => {
    const { socket, received } = open();
    expect(socket.bindRaw(3)).toBe(3);
    expect(socket.isDevUp()).toBe(true);
    socket.start();
    socket.write(SWITCH_OFF);
    socket.isDevUp();
    // Its reply arrives after that of `isDevUp`.
    socket.write(ping(0));
    await until(socket, () => received.length === 2);
    expect(socket.isDevUp()).toBe(false);
  });
});

describe('a process for raw mode', () => {
  /** Starts the child process without a ForkedSocket. */
  async function forkAlone(): Promise<ChildProcess> {
    const child = fork(CHILD, [STUB], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.send(['bindRaw', 0]);
    child.send(['start']);
    child.send(['write', CONNECT]);
    // That it is bound, and the status of the command.
    await once(child, 'message');
    await once(child, 'message');
    return child;
  }

  it('whose parent has disconnected exits as soon as its connect returns', async () => {
    const child = await forkAlone();
    child.disconnect();
    expect(hasEnded(child)).toBe(false);
    finishConnect();
    expect(await endOf(child)).toBe(0);
  });
});

describe('raw mode fails with exactly one error and advice if', () => {
  async function expectFailure(all: ReturnType<typeof open>, message: RegExp): Promise<void> {
    const { socket, errors } = all;
    await until(socket, () => errors.length > 0, 'error');
    expect(errors.map((error) => error.message)).toEqual([expect.stringMatching(message)]);
    expect(errors[0]).toBeInstanceOf(AdapterError);
    expect(socket.isDevUp()).toBe(false);
    socket.write(ping(0));
    stopTime();
    socket.stop();
    await endOf();
    expect(errors).toHaveLength(1);
  }

  it('the child process dies', async () => {
    const all = start();
    all.socket.write(ping(0));
    await until(all.socket, () => all.received.length === 1);
    onlyChild().kill('SIGSEGV');
    await expectFailure(all, /^The child process for hci0 exited unexpectedly \(SIGSEGV\): check/);
  });

  it('the child process dies while it blocks', async () => {
    const all = await startBlocked();
    onlyChild().kill('SIGKILL');
    await expectFailure(all, /^The child process for hci0 exited unexpectedly \(SIGKILL\): check/);
  });

  it('the child process cannot be started', async () => {
    const { execPath } = process;
    process.execPath = join(folder, 'no-node');
    try {
      await expectFailure(start(), /^Cannot run the child process for hci0: spawn .*no-node ENOENT$/);
    } finally {
      process.execPath = execPath;
    }
  });

  it('the native socket is not compiled', async () => {
    const all = open(join(folder, 'not-there'));
    await expectFailure(all, /^The Bluetooth socket library is not compiled/);
    expect(await endOf()).toBe(0);
  });

  it('the adapter does not exist', async () => {
    const all = open();
    all.socket.bindRaw(NO_SUCH_DEVICE);
    all.socket.start();
    await expectFailure(all, /^There is no Bluetooth adapter hci0/);
  });

  it('the adapter is down', async () => {
    const all = start();
    all.socket.write(NETWORK_DOWN);
    await expectFailure(all, /^The Bluetooth adapter hci0 is down: power it on/);
    expect(all.errors[0]).toHaveProperty('cause.code', 'ENETDOWN');
  });
});

describe('an adapter in raw mode', () => {
  const adapter = {
    open: () => open().socket,
    deviceId: 3,
    channel: 'raw',
  } as const;

  it('is opened in a child process', () => {
    const { open: openRaw, channel } = parseAdapter('hci0', 'raw', '6.1.0');
    expect(channel).toBe('raw');
    const socket = openRaw();
    socket.on('error', () => undefined);
    expect(socket).toBeInstanceOf(ForkedSocket);
    socket.stop();
  });

  it.each([
    [
      'noble',
      () => {
        const { noble, ...rest } = loadNoble(adapter);
        return { host: noble, ...rest };
      },
    ],
    [
      'bleno',
      () => {
        const { bleno, ...rest } = loadBleno(adapter, { maxMtu: 23 });
        return { host: bleno, ...rest };
      },
    ],
  ] as const)('is powered on with %s, whatever the environment says', async (_name, load) => {
    expect(process.env['HCI_CHANNEL_USER']).toBe('1');
    const { host, failed, close } = load();
    await until(host, () => host.state === 'poweredOn', 'stateChange');
    expect(failed.aborted).toBe(false);
    expect(calls()).toContain('bindRaw 3');
    expect(calls()).not.toContain(RESET);
    stopTime();
    close();
    expect(process.env['HCI_CHANNEL_USER']).toBe('1');
    for (const child of children) expect(await endOf(child)).toBe(0);
  });

  it('whose process dies aborts `failed` of noble', async () => {
    const { noble, failed, close } = loadNoble(adapter);
    await until(noble, () => noble.state === 'poweredOn', 'stateChange');
    onlyChild().kill('SIGKILL');
    await once(failed, 'abort');
    expect(failed.reason).toBeInstanceOf(AdapterError);
    close();
  });
});
