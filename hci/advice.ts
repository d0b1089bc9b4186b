import { AdapterError } from './adapter-error.ts';
import { MGMT_STATUS } from './management.ts';
import type { HciChannel } from './socket.ts';

const NOT_COMPILED =
  'The Bluetooth socket library is not compiled for this machine: run `npm run build:hci` in the checkout, or ' +
  '`npm rebuild @abandonware/bluetooth-hci-socket --ignore-scripts=false` in the directory of martinete';

/** Errors of Linux that Node has no code for, by their number. */
const LINUX_CODES: Readonly<Record<number, string>> = { 87: 'EUSERS', 132: 'ERFKILL' };

/** Errors of binding a user channel that end when another program stops using the adapter. */
const BUSY_CODES: readonly unknown[] = ['EBUSY', 'EUSERS'];

type Advice = (name: string) => string;

const COMMON: readonly (readonly [code: string, advice: Advice])[] = [
  ['MODULE_NOT_FOUND', () => NOT_COMPILED],
  ['ERR_DLOPEN_FAILED', () => NOT_COMPILED],
  ['EAFNOSUPPORT', () => 'This machine has no Bluetooth: its kernel does not support the address family'],
  ['ENODEV', (name) => `There is no Bluetooth adapter ${name}: list the available ones with \`hciconfig\``],
  [
    'ERFKILL',
    (name) => `The Bluetooth adapter ${name} is blocked by rfkill: run \`sudo rfkill unblock bluetooth\``,
  ],
];

/** Advice for errors of loading, opening, binding and using the kernel's socket, by HCI channel and error code. */
const ADVICE: Readonly<Record<HciChannel, ReadonlyMap<unknown, Advice>>> = {
  user: new Map([
    ...COMMON,
    ['EPERM', () => 'No permission to use Bluetooth: run with CAP_NET_ADMIN, or as root'],
    ['EBUSY', (name) => `The Bluetooth adapter ${name} is busy: stop the program that uses it`],
  ]),
  raw: new Map([
    ...COMMON,
    ['EPERM', () => 'No permission to use Bluetooth: run with CAP_NET_RAW, or as root'],
    ['EBUSY', (name) => `The Bluetooth adapter ${name} is busy: stop the program that uses it exclusively`],
    [
      'ENETDOWN',
      (name) =>
        `The Bluetooth adapter ${name} is down: power it on with \`sudo hciconfig ${name} up\`; if that fails, ` +
        'check `rfkill list`',
    ],
  ]),
};

/** Name of a kernel adapter with an index. */
export function adapterName(deviceId: number): string {
  return `hci${deviceId}`;
}

/** Whether an error of binding a user channel says that another program uses the adapter. */
export function isBusy(error: unknown): boolean {
  return BUSY_CODES.includes(codeOf(error));
}

/** Converts an error of a kernel adapter to an AdapterError with advice; returns it unchanged if there is no advice. */
export function withAdvice(error: unknown, name: string, channel: HciChannel = 'user'): Error {
  const advice = ADVICE[channel].get(codeOf(error));
  if (advice !== undefined) return new AdapterError(advice(name), { cause: error });
  return error instanceof Error ? error : new AdapterError(String(error));
}

/** What is known of an adapter that stays busy. */
export interface BusyAdapter {
  readonly name: string;
  /** Status of the last management command to power it off; undefined without a reply. */
  readonly status: number | undefined;
  readonly isUp: boolean;
}

/** Explains why an adapter stays busy. */
export function busyAdvice({ name, status, isUp }: BusyAdapter): AdapterError {
  const busy = `The Bluetooth adapter ${name} is busy`;
  if (status === MGMT_STATUS.invalidIndex && !isUp) {
    return new AdapterError(
      `The Bluetooth adapter ${name} is not ready: the kernel has not set it up. Check \`dmesg\` for the reason, or plug ` +
        'it in again',
    );
  }
  if (status === MGMT_STATUS.invalidIndex) {
    return new AdapterError(
      `${busy}: another program uses it exclusively. Stop that program, such as another martinete or a simulator`,
    );
  }
  if (status === MGMT_STATUS.success || status === MGMT_STATUS.busy) {
    return new AdapterError(
      `${busy}: another program powers it on again and again. Stop that program, or set AutoEnable=false under ` +
        '[Policy] in /etc/bluetooth/main.conf and restart bluetooth.service',
    );
  }
  const result = status === undefined ? 'no reply' : `status ${status}`;
  return new AdapterError(
    `${busy}, and the kernel does not power it off (${result}): stop the programs that use it, or run ` +
      `\`sudo hciconfig ${name} down\``,
  );
}

function codeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const number = 'errno' in error && typeof error.errno === 'number' ? Math.abs(error.errno) : undefined;
  const known = number === undefined ? undefined : LINUX_CODES[number];
  return known ?? ('code' in error ? error.code : undefined);
}
