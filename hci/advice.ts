import { AdapterError } from './adapter-error.ts';
import type { HciChannel } from './socket.ts';

const NOT_COMPILED =
  'The Bluetooth socket library is not compiled for this machine: run `npm run build:hci` in the checkout, or ' +
  '`npm rebuild @abandonware/bluetooth-hci-socket --ignore-scripts=false` in the directory of martinete';

const COMMON: readonly (readonly [code: string, advice: string])[] = [
  ['MODULE_NOT_FOUND', NOT_COMPILED],
  ['ERR_DLOPEN_FAILED', NOT_COMPILED],
  ['EAFNOSUPPORT', 'This machine has no Bluetooth: its kernel does not support the address family'],
  ['ENODEV', 'This machine has no such Bluetooth adapter: list the available ones with `hciconfig`'],
];

/** Advice for errors of loading, opening, binding and using the kernel's socket, by HCI channel and error code. */
const ADVICE: Readonly<Record<HciChannel, ReadonlyMap<unknown, string>>> = {
  user: new Map([
    ...COMMON,
    ['EPERM', 'No permission to use Bluetooth: run with CAP_NET_ADMIN and CAP_NET_RAW, or as root'],
    [
      'EBUSY',
      'The Bluetooth adapter is busy: stop the program that uses it, and bring it down (`hciconfig hci0 down`)',
    ],
  ]),
  raw: new Map([
    ...COMMON,
    ['EPERM', 'No permission to use Bluetooth: run with CAP_NET_RAW, or as root'],
    ['EBUSY', 'The Bluetooth adapter is busy: stop the program that uses it exclusively'],
    [
      'ENETDOWN',
      'The Bluetooth adapter is down: bring it up with `hciconfig hci0 up`; if that fails, check `rfkill list`',
    ],
  ]),
};

/** Converts an error of an adapter to an AdapterError with advice; returns it unchanged if there is no advice. */
export function withAdvice(error: unknown, channel: HciChannel = 'user'): Error {
  const advice = error instanceof Error && 'code' in error ? ADVICE[channel].get(error.code) : undefined;
  if (advice !== undefined) return new AdapterError(advice, { cause: error });
  return error instanceof Error ? error : new AdapterError(String(error));
}
