import { AdapterError } from './adapter-error.ts';
import type { HciChannel } from './socket.ts';

const NOT_COMPILED =
  'The Bluetooth socket is not compiled for this machine: run `npm run build:hci` in the checkout, or ' +
  '`npm rebuild @abandonware/bluetooth-hci-socket --ignore-scripts=false` where martinete is installed';

const COMMON: readonly (readonly [code: string, advice: string])[] = [
  ['MODULE_NOT_FOUND', NOT_COMPILED],
  ['ERR_DLOPEN_FAILED', NOT_COMPILED],
  ['EAFNOSUPPORT', 'This machine has no Bluetooth: its kernel does not know the address family'],
  ['ENODEV', 'This machine has no such Bluetooth adapter: `hciconfig` lists those that it has'],
];

/** What to do about the errors of loading, opening, binding and using the kernel's socket, by channel and error code. */
const ADVICE: Readonly<Record<HciChannel, ReadonlyMap<unknown, string>>> = {
  user: new Map([
    ...COMMON,
    ['EPERM', 'This process may not use Bluetooth: it needs CAP_NET_ADMIN and CAP_NET_RAW, or root'],
    ['EBUSY', 'The Bluetooth adapter is in use: end what uses it, and bring it down (`hciconfig hci0 down`)'],
  ]),
  raw: new Map([
    ...COMMON,
    ['EPERM', 'This process may not use Bluetooth: in raw mode it needs CAP_NET_RAW, or root'],
    ['EBUSY', 'Another program has the Bluetooth adapter for itself: end it'],
    [
      'ENETDOWN',
      'The Bluetooth adapter is down, and raw mode needs it up: `hciconfig hci0 up`, and `rfkill list` where that fails',
    ],
  ]),
};

/** The failure to open or use an adapter with advice, where there is any; else as it is. */
export function withAdvice(error: unknown, channel: HciChannel = 'user'): Error {
  const advice = error instanceof Error && 'code' in error ? ADVICE[channel].get(error.code) : undefined;
  if (advice !== undefined) return new AdapterError(advice, { cause: error });
  return error instanceof Error ? error : new AdapterError(String(error));
}
