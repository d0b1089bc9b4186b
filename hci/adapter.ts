import { createRequire } from 'node:module';
import { release } from 'node:os';
import { AdapterError, ChannelError } from './adapter-error.ts';
import { kernelAdapterProblems } from './adapter-problems.ts';
import { withAdvice } from './advice.ts';
import { ENDPOINTS } from './endpoint.ts';
import { ForkedSocket } from './forked-socket.ts';
import { H4Socket } from './h4-socket.ts';
import { closeOnStop, reportRemoval } from './native-socket.ts';
import { rawModeWarning } from './raw-mode.ts';
import type { HciChannel, HciSocket, OpenHciSocket } from './socket.ts';
import { UserChannelSocket } from './user-channel-socket.ts';

export { AdapterError, ChannelError };

/** A Bluetooth adapter that has not been opened yet. */
export interface Adapter {
  readonly open: OpenHciSocket;
  /** Index among the kernel's adapters; 0 for an external controller. */
  readonly deviceId: number;
  /** HCI channel to use; by default as set by `useUserChannel`. */
  readonly channel?: HciChannel;
  /** Warning for the user about this adapter on that channel. */
  readonly warning?: string | undefined;
  /** Finds out why it cannot be opened at the moment; empty if it probably can. Opens nothing. */
  readonly problems?: () => readonly Error[];
}

/** Access to an adapter of the kernel. */
interface KernelAccess {
  readonly channel: HciChannel;
  /** As reported by `os.release()`. */
  readonly kernelRelease: string;
}

/**
 * The longest that opening an adapter may take: starting a child process on a slow Pi, connecting to a controller, or
 * taking the adapter over from other programs. Sockets report failures sooner.
 */
export const OPEN_TIMEOUT_MS = 60_000;

const NATIVE_SOCKET = '@abandonware/bluetooth-hci-socket';
const KERNEL_ADAPTER = /^hci(\d{1,3})$/;

const require = createRequire(import.meta.url);

/** Whether a name denotes an adapter of the kernel. */
export function isKernelAdapter(name: string): boolean {
  return KERNEL_ADAPTER.test(name);
}

function loadNativeSocket(): new () => HciSocket {
  return require(NATIVE_SOCKET) as new () => HciSocket;
}

/** Opens a socket of the kernel, not bound yet. */
function openKernelSocket(name: string): HciSocket {
  try {
    const NativeSocket = loadNativeSocket();
    return reportRemoval(
      closeOnStop(() => new NativeSocket()),
      name,
    );
  } catch (error) {
    throw withAdvice(error, name);
  }
}

function parseKernel(name: string, { channel, kernelRelease }: KernelAccess): Adapter | undefined {
  const index = KERNEL_ADAPTER.exec(name)?.[1];
  if (index === undefined) return undefined;
  const about = {
    deviceId: Number(index),
    channel,
    problems: () => kernelAdapterProblems(name, { load: loadNativeSocket }),
  };
  if (channel === 'user')
    return { open: () => new UserChannelSocket(() => openKernelSocket(name)), ...about };
  const warning = rawModeWarning(kernelRelease);
  return { open: () => new ForkedSocket(name, NATIVE_SOCKET), ...about, warning };
}

/** Kinds of adapters; `parse` returns undefined for names of other kinds. */
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
        throw new ChannelError(
          `${name} does not support raw mode: use an adapter of this machine, such as hci0`,
        );
      }
      return endpoint && { open: () => new H4Socket(name, endpoint), deviceId: 0 };
    },
  })),
];

/**
 * Parses the name of an adapter: `hci0`, `hci1`, … for an adapter of the kernel, `tcp:host:port` (IPv6 addresses in
 * brackets) or `unix:path` (up to 107 bytes) for an external controller with an H4 transport. Opens nothing yet.
 * @param channel HCI channel of a kernel adapter. In raw mode its socket runs in a child process, because it blocks;
 *   failures there are emitted as the socket's `error`.
 * @throws AdapterError for any other name; ChannelError if raw mode is not available or does not work. `open` throws an
 *   AdapterError if the kernel provides no socket. The socket of an external controller connects when it is bound, and
 *   emits failures as `error`, also AdapterErrors.
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
  throw new AdapterError(`"${name}" is not a Bluetooth adapter: expected ${expected}`);
}
