import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadLibrary } from './loader.ts';
import type { HciSocket } from './socket.ts';

const SOCKET_PACKAGE = '@abandonware/bluetooth-hci-socket';

const require = createRequire(import.meta.url);
const cjsLoader = require('node:module') as {
  _load: (request: string, ...rest: unknown[]) => unknown;
  _resolveFilename: (request: string, ...rest: unknown[]) => string;
};
const originalLoad = cjsLoader._load;

const socket = new EventEmitter() as HciSocket;
const open = (): HciSocket => socket;

/** The part of noble's HCI object that the tests use. */
interface Hci {
  readonly _socket: HciSocket;
  readonly onSocketData: (packet: Buffer) => void;
}

/** noble's HCI object, with the socket that the loader provides. */
const loadHci = (openSocket = open): Hci =>
  loadLibrary('@abandonware/noble', { open: openSocket, console }, (inner) => {
    const Hci = inner('@abandonware/noble/lib/hci-socket/hci') as new (options: object) => Hci;
    return new Hci({});
  });

/** Makes `require` of the native package return the result of `answer`. */
function nativePackage(answer: () => unknown): { timesLoaded: () => number } {
  const load = vi.fn(answer);
  vi.spyOn(cjsLoader, '_load').mockImplementation((request, ...rest) =>
    request === SOCKET_PACKAGE ? load() : originalLoad(request, ...rest),
  );
  return { timesLoaded: () => load.mock.calls.length };
}

afterEach(() => {
  vi.restoreAllMocks();
  expect(cjsLoader._load).toBe(originalLoad);
});

describe('a Bluetooth library', () => {
  it('gets our socket if the native package is installed, without loading it', () => {
    const native = nativePackage(() => expect.unreachable('the native package was loaded'));
    expect(loadHci()._socket).toBe(socket);
    expect(native.timesLoaded()).toBe(0);
  });

  it('gets our socket if the native package is missing', () => {
    const resolve = cjsLoader._resolveFilename;
    vi.spyOn(cjsLoader, '_resolveFilename').mockImplementation((request, ...rest) => {
      if (request === SOCKET_PACKAGE) throw new Error(`Cannot find module '${request}'`);
      return resolve(request, ...rest);
    });
    expect(loadHci()._socket).toBe(socket);
  });

  it('gets our socket even if it was loaded with the native one before, which stays as it is', () => {
    class NativeSocket extends EventEmitter {}
    const native = nativePackage(() => NativeSocket);
    const Hci = require('@abandonware/noble/lib/hci-socket/hci') as new (options: object) => object;
    expect(native.timesLoaded()).toBe(1);
    expect(loadHci()._socket).toBe(socket);
    expect(require('@abandonware/noble/lib/hci-socket/hci')).toBe(Hci);
    expect(new Hci({})).toHaveProperty('_socket', expect.any(NativeSocket));
  });

  it('gets the native socket if the adapter opens that', () => {
    class NativeSocket extends EventEmitter {}
    nativePackage(() => NativeSocket);
    const openNative = (): HciSocket => new (require(SOCKET_PACKAGE) as new () => HciSocket)();
    expect(loadHci(openNative)._socket).toBeInstanceOf(NativeSocket);
  });

  it('does not affect a later `require` of the native package', () => {
    class NativeSocket extends EventEmitter {}
    nativePackage(() => NativeSocket);
    loadHci();
    expect(require(SOCKET_PACKAGE)).toBe(NativeSocket);
  });

  it('has private modules, each loaded once', () => {
    const file = '@abandonware/noble/lib/hci-socket/hci';
    const [first, second] = [1, 2].map(() =>
      loadLibrary('@abandonware/noble', { open, console }, (inner) => [inner(file), inner(file)]),
    );
    expect(first?.[0]).toBe(first?.[1]);
    expect(second?.[0]).toBe(second?.[1]);
    expect(first?.[0]).not.toBe(second?.[0]);
    expect(require(file)).not.toBe(second?.[0]);
  });

  it.each([
    { what: 'does not format packets for debug output that is off', namespaces: '', isOn: false },
    { what: 'prints packets if DEBUG says so', namespaces: 'hci', isOn: true },
  ])('$what', ({ namespaces, isOn }) => {
    const debug = require('debug') as { enable: (namespaces: string) => void; disable: () => string };
    const print = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const before = debug.disable();
    debug.enable(namespaces);
    const packet = Buffer.of(0xff);
    const format = vi.spyOn(packet, 'toString');
    loadHci().onSocketData(packet);
    debug.enable(before);
    expect(format).toHaveBeenCalledTimes(Number(isOn));
    expect(print.mock.calls.some(([text]) => String(text).includes('onSocketData: ff'))).toBe(isOn);
  });

  it('throws on every `require` of a module that fails', () => {
    loadLibrary('@abandonware/noble', { open, console }, (inner) => {
      const failing = (): unknown => inner('@abandonware/noble/lib/mac/bindings');
      expect(failing).toThrow();
      expect(failing).toThrow();
    });
  });

  it('gets its own socket even if loads are nested', () => {
    const other = new EventEmitter() as HciSocket;
    const sockets = loadLibrary('@abandonware/noble', { open, console }, () => {
      const nested = loadHci(() => other);
      return [nested._socket, loadHci()._socket];
    });
    expect(sockets).toEqual([other, socket]);
  });

  it('whose socket throws leaves no trace in the module loader of Node.js', () => {
    const cached = new Set(Object.keys(require.cache));
    const failure = new Error('no socket');
    expect(() =>
      loadHci(() => {
        throw failure;
      }),
    ).toThrow(failure);
    expect(cjsLoader._load).toBe(originalLoad);
    const added = Object.keys(require.cache).filter((file) => !cached.has(file));
    expect(added.filter((file) => file.includes('@abandonware'))).toEqual([]);
  });
});
