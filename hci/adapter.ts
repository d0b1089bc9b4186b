import { createRequire } from 'node:module';
import { AdapterError } from './adapter-error.ts';
import { ENDPOINTS } from './endpoint.ts';
import { H4Socket } from './h4-socket.ts';
import type { HciSocket, OpenHciSocket } from './socket.ts';

export { AdapterError };

/** An adapter that the host can open: its socket, and its index among the kernel's adapters (0 for one elsewhere). */
export interface Adapter {
  readonly open: OpenHciSocket;
  readonly deviceId: number;
}

const NOT_COMPILED =
  'The Bluetooth socket is not compiled for this machine: run `npm run build:hci` in the checkout, or ' +
  '`npm rebuild @abandonware/bluetooth-hci-socket --ignore-scripts=false` where martinete is installed';

/** What to do about the errors of loading, opening and binding the kernel's socket, by error code. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['MODULE_NOT_FOUND', NOT_COMPILED],
  ['ERR_DLOPEN_FAILED', NOT_COMPILED],
  ['EAFNOSUPPORT', 'This machine has no Bluetooth: its kernel does not know the address family'],
  ['EPERM', 'This process may not use Bluetooth: it needs CAP_NET_ADMIN and CAP_NET_RAW, or root'],
  ['ENODEV', 'This machine has no such Bluetooth adapter: `hciconfig` lists those that it has'],
  ['EBUSY', 'The Bluetooth adapter is in use: end what uses it, and bring it down (`hciconfig hci0 down`)'],
]);

const KERNEL = /^hci(\d{1,3})$/;

const require = createRequire(import.meta.url);

/** The failure to open an adapter with advice, where there is any; else as it is. */
export function withAdvice(error: unknown): Error {
  const advice = error instanceof Error && 'code' in error ? ADVICE.get(error.code) : undefined;
  if (advice !== undefined) return new AdapterError(advice, { cause: error });
  return error instanceof Error ? error : new AdapterError(String(error));
}

function openKernelSocket(): HciSocket {
  try {
    const NativeSocket = require('@abandonware/bluetooth-hci-socket') as new () => HciSocket;
    return new NativeSocket();
  } catch (error) {
    throw withAdvice(error);
  }
}

function parseKernel(name: string): Adapter | undefined {
  const index = KERNEL.exec(name)?.[1];
  return index === undefined ? undefined : { open: openKernelSocket, deviceId: Number(index) };
}

/** The kinds of adapter; each parses its own names, and is undefined for all others. */
const KINDS: readonly { readonly expected: string; readonly parse: (name: string) => Adapter | undefined }[] =
  [
    { expected: 'hci0, hci1, …', parse: parseKernel },
    ...ENDPOINTS.map(({ expected, parse }) => ({
      expected,
      parse: (name: string) => {
        const endpoint = parse(name);
        return endpoint && { open: () => new H4Socket(name, endpoint), deviceId: 0 };
      },
    })),
  ];

/**
 * The adapter that a string names: `hci0`, `hci1`, … for an adapter of the kernel, `tcp:host:port` (IPv6 addresses in
 * brackets) or `unix:path` (of up to 107 bytes) for a controller that speaks H4 there. Nothing is opened yet.
 * @throws AdapterError for any other string; `open` throws one where the kernel gives no socket. A controller elsewhere
 *   is connected to when its socket is bound, and what fails then is the socket's `error`, an AdapterError as well.
 */
export function parseAdapter(name: string): Adapter {
  for (const { parse } of KINDS) {
    const adapter = parse(name);
    if (adapter) return adapter;
  }
  const expected = new Intl.ListFormat('en', { type: 'disjunction' }).format(
    KINDS.map((kind) => kind.expected),
  );
  throw new AdapterError(`"${name}" is no Bluetooth adapter: expected ${expected}`);
}
