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

const down: Advice = (name) =>
  `The Bluetooth adapter ${name} is down: power it on with \`sudo hciconfig ${name} up\`; if that fails, check ` +
  '`rfkill list`';

const lacks =
  (capability: string): Advice =>
  (name) =>
    `No permission to use the Bluetooth adapter ${name}: run with ${capability}, or as root`;

const COMMON: readonly (readonly [code: string, advice: Advice])[] = [
  ['MODULE_NOT_FOUND', () => NOT_COMPILED],
  ['ERR_DLOPEN_FAILED', () => NOT_COMPILED],
  ['EAFNOSUPPORT', () => 'This machine has no Bluetooth: its kernel does not support the address family'],
  ['ENODEV', (name) => `There is no Bluetooth adapter ${name}: list the available ones with \`hciconfig\``],
  [
    'ERFKILL',
    (name) => `The Bluetooth adapter ${name} is blocked by rfkill: run \`sudo rfkill unblock bluetooth\``,
  ],
  ['poweredOff', down],
  [
    'unsupported',
    (name) => `The Bluetooth adapter ${name} does not support Bluetooth Low Energy: choose another one`,
  ],
];

/**
 * Advice for errors of loading, opening, binding and using the kernel's socket, and for states in which noble and bleno
 * cannot use an adapter, by HCI channel and error code or state.
 */
const ADVICE: Readonly<Record<HciChannel, ReadonlyMap<unknown, Advice>>> = {
  user: new Map([
    ...COMMON,
    ['EPERM', lacks('CAP_NET_ADMIN')],
    ['unauthorized', lacks('CAP_NET_ADMIN')],
    ['EBUSY', (name) => `The Bluetooth adapter ${name} is busy: stop the program that uses it`],
  ]),
  raw: new Map([
    ...COMMON,
    ['EPERM', lacks('CAP_NET_RAW')],
    ['unauthorized', lacks('CAP_NET_RAW')],
    ['EBUSY', (name) => `The Bluetooth adapter ${name} is busy: stop the program that uses it exclusively`],
    ['ENETDOWN', down],
  ]),
};

/** Name of a kernel adapter with an index. */
export function adapterName(deviceId: number): string {
  return `hci${deviceId}`;
}

/** Name of an adapter for messages. */
export function nameOf({ name, deviceId }: { readonly name?: string; readonly deviceId: number }): string {
  return name ?? adapterName(deviceId);
}

/** Whether an error of binding a user channel says that another program uses the adapter. */
export function isBusy(error: unknown): boolean {
  return BUSY_CODES.includes(codeOf(error));
}

/** Converts an error of a kernel adapter to an AdapterError with advice; returns one that has advice already unchanged. */
export function withAdvice(error: unknown, name: string, channel: HciChannel = 'user'): AdapterError {
  if (error instanceof AdapterError) return error;
  const advice = ADVICE[channel].get(codeOf(error));
  if (advice !== undefined) return new AdapterError(advice(name), { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new AdapterError(
    `Cannot use the Bluetooth adapter ${name} (${reason}): check \`dmesg\` for the reason, or plug it in again`,
    { cause: error },
  );
}

/** Explains a state in which noble or bleno cannot use an adapter. */
export function stateAdvice(state: string, name: string, channel?: HciChannel): AdapterError {
  return withAdvice(Object.assign(new Error(`state: ${state}`), { code: state }), name, channel);
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
