import { createRequire } from 'node:module';
import { release } from 'node:os';
import { AdapterError, ChannelError } from './adapter-error.ts';
import { withAdvice } from './advice.ts';
import { ENDPOINTS } from './endpoint.ts';
import { ForkedSocket } from './forked-socket.ts';
import { H4Socket } from './h4-socket.ts';
import { closeOnStop } from './native-socket.ts';
import { rawModeWarning } from './raw-mode.ts';
import type { HciChannel, HciSocket, OpenHciSocket } from './socket.ts';

export { AdapterError, ChannelError };

/** An adapter that the host can open: its socket, and its index among the kernel's adapters (0 for one elsewhere). */
export interface Adapter {
  readonly open: OpenHciSocket;
  readonly deviceId: number;
  /** On which channel a library must speak there; without one, as `useUserChannel` has it. */
  readonly channel?: HciChannel;
  /** What a user should know of this adapter on that channel. */
  readonly warning?: string | undefined;
}

/** How to speak to an adapter of the kernel. */
interface KernelAccess {
  readonly channel: HciChannel;
  /** As `os.release()` tells it. */
  readonly kernelRelease: string;
}

const NATIVE_SOCKET = '@abandonware/bluetooth-hci-socket';
const KERNEL_ADAPTER = /^hci(\d{1,3})$/;

const require = createRequire(import.meta.url);

/** Whether a string names an adapter of the kernel. */
export function isKernelAdapter(name: string): boolean {
  return KERNEL_ADAPTER.test(name);
}

function openKernelSocket(): HciSocket {
  try {
    const NativeSocket = require(NATIVE_SOCKET) as new () => HciSocket;
    return closeOnStop(() => new NativeSocket());
  } catch (error) {
    throw withAdvice(error);
  }
}

function parseKernel(name: string, { channel, kernelRelease }: KernelAccess): Adapter | undefined {
  const index = KERNEL_ADAPTER.exec(name)?.[1];
  if (index === undefined) return undefined;
  const deviceId = Number(index);
  if (channel === 'user') return { open: openKernelSocket, deviceId, channel };
  const warning = rawModeWarning(kernelRelease);
  return { open: () => new ForkedSocket(name, NATIVE_SOCKET), deviceId, channel, warning };
}

/** The kinds of adapter; each parses its own names, and is undefined for all others. */
const ADAPTER_KINDS: readonly {
  readonly expected: string;
  readonly parse: (name: string, access: KernelAccess) => Adapter | undefined;
}[] = [
  { expected: 'hci0, hci1, …', parse: parseKernel },
  ...ENDPOINTS.map(({ expected, parse }) => ({
    expected,
    parse: (name: string, { channel }: KernelAccess) => {
      const endpoint = parse(name);
      if (endpoint && channel === 'raw') {
        throw new ChannelError(`${name} has no raw mode: that is for adapters of this machine, such as hci0`);
      }
      return endpoint && { open: () => new H4Socket(name, endpoint), deviceId: 0 };
    },
  })),
];

/**
 * The adapter that a string names: `hci0`, `hci1`, … for an adapter of the kernel, `tcp:host:port` (IPv6 addresses in
 * brackets) or `unix:path` (of up to 107 bytes) for a controller that speaks H4 there. Nothing is opened yet.
 * @param channel how to speak to an adapter of the kernel. In raw mode its socket lives in a process of its own, because
 *   it blocks; what fails there is the socket's `error`.
 * @throws AdapterError for any other string; ChannelError for raw mode where there is none, or none that works; `open`
 *   throws an AdapterError where the kernel gives no socket. A controller elsewhere is connected to when its socket is
 *   bound, and what fails then is the socket's `error`, an AdapterError as well.
 */
export function parseAdapter(
  name: string,
  channel: HciChannel = 'user',
  kernelRelease: string = release(),
): Adapter {
  for (const { parse } of ADAPTER_KINDS) {
    const adapter = parse(name, { channel, kernelRelease });
    if (adapter) return adapter;
  }
  const expected = new Intl.ListFormat('en', { type: 'disjunction' }).format(
    ADAPTER_KINDS.map((kind) => kind.expected),
  );
  throw new AdapterError(`"${name}" is no Bluetooth adapter: expected ${expected}`);
}
