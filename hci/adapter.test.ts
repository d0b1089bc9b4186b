import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AdapterError, ChannelError, isKernelAdapter, parseAdapter } from './adapter.ts';
import { stateAdvice, withAdvice } from './advice.ts';
import { H4Socket } from './h4-socket.ts';
import type { HciChannel } from './socket.ts';
import { UserChannelSocket } from './user-channel-socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

const cjsLoader = createRequire(import.meta.url)('node:module') as {
  _load: (request: string, ...rest: unknown[]) => unknown;
};

/** Returns what `act` throws. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return expect.unreachable('nothing was thrown');
}

const systemError = (code: string): Error => Object.assign(new Error(`${code}, description`), { code });

/** Replaces the native socket package by what `load` returns. */
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
  expect(error).toHaveProperty('message', `"${name}" is not a Bluetooth adapter: expected ${expected}`);
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
    'is not named %j, and the message lists the expected names',
    expectRefused,
  );

  it('is not opened when its name is parsed', () => {
    const load = vi.fn();
    nativeSocket(load);
    parseAdapter('hci0');
    expect(load).not.toHaveBeenCalled();
  });

  it('opens the native socket if it is installed', () => {
    const opened: unknown[] = [];
    class NativeSocket extends EventEmitter {
      constructor() {
        super();
        opened.push(this);
      }

      bindUser(): number {
        return 0;
      }

      stop(): void {
        // Nothing to stop.
      }
    }
    nativeSocket(() => NativeSocket);
    expect(parseAdapter('hci0').open()).toBeInstanceOf(UserChannelSocket);
    expect(opened).toHaveLength(1);
  });

  it.each([
    ['EAFNOSUPPORT', 'This machine has no Bluetooth'],
    ['EPERM', 'CAP_NET_ADMIN'],
  ])('that fails to open with %s gives advice', (code, advice) => {
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
    'without a compiled native socket (%s) gives the command to compile it',
    (code) => {
      nativeSocket(() => {
        throw systemError(code);
      });
      expect(() => parseAdapter('hci0').open()).toThrow(/npm run build:hci/);
    },
  );
});

describe('the channel of an adapter', () => {
  it('is the user channel by default', () => {
    expect(parseAdapter('hci0').channel).toBe('user');
    expect(parseAdapter('hci0', 'raw', '6.1.0')).toMatchObject({ channel: 'raw', deviceId: 0 });
  });

  it('has a warning in raw mode on an untested kernel, and never on the user channel', () => {
    expect(parseAdapter('hci1', 'raw', '6.6.31').warning).toContain('6.6.31');
    expect(parseAdapter('hci1', 'raw', '6.1.0').warning).toBeUndefined();
    expect(parseAdapter('hci1', 'user', '6.6.31').warning).toBeUndefined();
  });

  it('cannot be raw mode on a kernel on which connections stall', () => {
    expect(thrownBy(() => parseAdapter('hci0', 'raw', '6.12.25'))).toBeInstanceOf(ChannelError);
    expect(parseAdapter('hci0', 'user', '6.12.25').channel).toBe('user');
  });

  it.each(['tcp:localhost:6402', 'unix:/run/chip'])('cannot be raw mode at %s', (name) => {
    const error = thrownBy(() => parseAdapter(name, 'raw', '6.1.0'));
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toHaveProperty('message', expect.stringContaining(`${name} does not support raw mode`));
    expect(parseAdapter(name)).not.toHaveProperty('channel');
  });

  it('can be raw mode only for adapters of the kernel', () => {
    const names = ['hci0', 'hci12', 'tcp:localhost:6402', 'unix:hci0', 'virtual', 'hci'];
    expect(names.filter(isKernelAdapter)).toEqual(['hci0', 'hci12']);
  });
});

describe('an external controller', () => {
  it.each(['tcp:localhost:6402', 'tcp:[::1]:6402', 'unix:/run/chip'])(
    'is named %s, and is connected only when its socket is bound',
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
    ['EBUSY', 'hci1 is busy'],
    ['ENODEV', 'no Bluetooth adapter hci1'],
  ])('for %s names the adapter', (code, advice) => {
    expect(withAdvice(systemError(code), 'hci1').message).toContain(advice);
  });

  it('for an adapter that is blocked, an error of Linux that Node has no name for, is to unblock it', () => {
    const blocked = Object.assign(new Error('Unknown system error'), { errno: 132, code: '' });
    expect(withAdvice(blocked, 'hci0').message).toContain('rfkill unblock');
  });

  it('depends on the channel', () => {
    const adviceFor = (code: string, channel: HciChannel): string =>
      withAdvice(systemError(code), 'hci0', channel).message;
    expect(adviceFor('EPERM', 'user')).toContain('CAP_NET_ADMIN');
    expect(adviceFor('EPERM', 'raw')).not.toContain('CAP_NET_ADMIN');
    expect(adviceFor('ENETDOWN', 'raw')).toContain('hciconfig hci0 up');
  });

  it('is not added to an error that has advice already', () => {
    const explained = new AdapterError('explained already');
    expect(withAdvice(explained, 'hci0')).toBe(explained);
  });

  it('for anything else that was thrown names the adapter, and where to look', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), (message, code) => {
        const thrown = Object.assign(new Error(message), { code });
        const error = withAdvice(thrown, 'hci7');
        expect(error).toBeInstanceOf(AdapterError);
        expect(error.cause).toBe(thrown);
        expect(error.message).toMatch(/hci7.*: /s);
      }),
    );
    expect(withAdvice('a string', 'hci7').message).toMatch(/hci7 \(a string\): check/);
  });

  it.each(['poweredOff', 'unauthorized', 'unsupported', 'resetting'])(
    'for an adapter in the state %s names the adapter, and what to do',
    (state) => {
      expect(stateAdvice(state, 'hci7').message).toMatch(/hci7.*: (power|run|choose|check)/);
    },
  );
});
