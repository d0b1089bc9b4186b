import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AdapterError, parseAdapter, withAdvice } from './adapter.ts';
import { H4Socket } from './h4-socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

const cjsLoader = createRequire(import.meta.url)('node:module') as {
  _load: (request: string, ...rest: unknown[]) => unknown;
};

/** What `act` throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return expect.unreachable('nothing was thrown');
}

const systemError = (code: string): Error => Object.assign(new Error(`${code}, some words`), { code });

/** Lets the native socket package be what `load` returns. */
function nativeSocket(load: () => unknown): void {
  const original = cjsLoader._load;
  vi.spyOn(cjsLoader, '_load').mockImplementation((request, ...rest) =>
    request === SOCKET_PACKAGE ? load() : original(request, ...rest),
  );
}

afterEach(() => vi.restoreAllMocks());

function expectRefused(name: string): void {
  const error = thrownBy(() => parseAdapter(name));
  expect(error).toBeInstanceOf(AdapterError);
  const expected = 'hci0, hci1, …, tcp:host:port, or unix:path';
  expect(error).toHaveProperty('message', `"${name}" is no Bluetooth adapter: expected ${expected}`);
}

describe('an adapter of the kernel', () => {
  it.each([
    ['hci0', 0],
    ['hci1', 1],
    ['hci12', 12],
  ])('is named %s', (name, deviceId) => {
    expect(parseAdapter(name).deviceId).toBe(deviceId);
  });

  it.each(['', 'hci', 'hci-1', 'hci1000', 'HCI0', ' hci0', 'hci0\n', 'hci0x', '0', 'bluetooth0', 'virtual'])(
    'is not named %j, and the message says what is expected',
    expectRefused,
  );

  it('is not opened before it is asked to', () => {
    const load = vi.fn();
    nativeSocket(load);
    parseAdapter('hci0');
    expect(load).not.toHaveBeenCalled();
  });

  it('opens the native socket where there is one', () => {
    class NativeSocket extends EventEmitter {}
    nativeSocket(() => NativeSocket);
    expect(parseAdapter('hci0').open()).toBeInstanceOf(NativeSocket);
  });

  it.each([
    ['EAFNOSUPPORT', 'This machine has no Bluetooth'],
    ['EPERM', 'CAP_NET_RAW'],
  ])('that the kernel refuses with %s says what to do', (code, advice) => {
    nativeSocket(
      () =>
        class extends EventEmitter {
          constructor() {
            super();
            throw systemError(code);
          }
        },
    );
    const error = thrownBy(() => parseAdapter('hci0').open());
    expect(error).toBeInstanceOf(AdapterError);
    expect(error).toHaveProperty('message', expect.stringContaining(advice));
    expect(error).toHaveProperty('cause.code', code);
  });

  it.each(['MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'])(
    'whose native socket is not compiled (%s) says how to compile it',
    (code) => {
      nativeSocket(() => {
        throw systemError(code);
      });
      expect(() => parseAdapter('hci0').open()).toThrow(/npm run build:hci/);
    },
  );
});

describe('a controller elsewhere', () => {
  it.each(['tcp:localhost:6402', 'tcp:[::1]:6402', 'unix:/run/chip'])(
    'is named %s, and connected to only when its socket is bound',
    (name) => {
      const { open, deviceId } = parseAdapter(name);
      expect(open()).toBeInstanceOf(H4Socket);
      expect(open().isDevUp()).toBe(false);
      expect(deviceId).toBe(0);
    },
  );

  it.each(['tcp:localhost', 'tcp:::1:6402', 'unix:', 'udp:localhost:1'])('is not named %j', expectRefused);
});

describe('advice', () => {
  it.each([
    ['EBUSY', 'in use'],
    ['ENODEV', 'no such Bluetooth adapter'],
  ])('is given for %s', (code, advice) => {
    expect(withAdvice(systemError(code)).message).toContain(advice);
  });

  it('is not made up: other errors stay as they are', () => {
    const [unknown, named] = [new Error('odd'), new AdapterError('said already')];
    expect(withAdvice(unknown)).toBe(unknown);
    expect(withAdvice(named)).toBe(named);
    expect(withAdvice('a string')).toHaveProperty('message', 'a string');
  });
});
