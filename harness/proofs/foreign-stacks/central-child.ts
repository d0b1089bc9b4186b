import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import type * as NobleModule from '@abandonware/noble';
import type { Characteristic, Peripheral } from '@abandonware/noble';
import { NORDIC_UART, normalizeUuid, XIAOMI } from '../../../protocol/gatt.ts';
import type { Device } from '../../../protocol/message.ts';
import { MiAuth, type Channel, type Scooter } from './mi-auth.ts';
import { plainH4Socket } from './plain-h4-socket.ts';

// A third-party app: unmodified noble with its defaults, on an HCI socket that is independent of ours. It gets the port
// of the controller, executes requests of its parent, and reports the advertisers that it receives.

const require = createRequire(import.meta.url);
const loader = require('node:module') as { _load: (request: string, ...rest: unknown[]) => unknown };
const { _load: load } = loader;
const Socket = plainH4Socket(Number(process.argv[2]));
loader._load = (request, ...rest) =>
  request === '@abandonware/bluetooth-hci-socket' ? Socket : load(request, ...rest);
const noble = require('@abandonware/noble') as typeof NobleModule;

const NOTIFIES: Readonly<Record<Channel, string>> = {
  upnp: XIAOMI.upnp,
  avdtp: XIAOMI.avdtp,
  uart: NORDIC_UART.notify,
};
const WRITES: Readonly<Record<Channel, string>> = { ...NOTIFIES, uart: NORDIC_UART.write };

/** A scooter to which noble is connected. */
class NobleScooter implements Scooter {
  readonly #characteristics: readonly Characteristic[];
  readonly #inbox: Record<Channel, Buffer[]> = { upnp: [], avdtp: [], uart: [] };
  readonly #arrivals = new EventEmitter();

  constructor(characteristics: readonly Characteristic[]) {
    this.#characteristics = characteristics;
  }

  async subscribe(): Promise<void> {
    for (const channel of ['upnp', 'avdtp', 'uart'] as const) {
      const characteristic = this.#find(NOTIFIES[channel]);
      characteristic.on('data', (bytes: Buffer) => {
        this.#inbox[channel].push(Buffer.from(bytes));
        this.#arrivals.emit(channel);
      });
      await characteristic.subscribeAsync();
    }
  }

  async write(channel: Channel, bytes: Buffer): Promise<void> {
    await this.#find(WRITES[channel]).writeAsync(bytes, true);
  }

  async next(channel: Channel): Promise<Buffer> {
    const inbox = this.#inbox[channel];
    for (;;) {
      const bytes = inbox.shift();
      if (bytes) return bytes;
      await once(this.#arrivals, channel);
    }
  }

  /** Waits for the response to a read, which follows all answers to earlier writes. */
  async hasAnswered(channel: Channel): Promise<boolean> {
    await this.#find(XIAOMI.firmwareVersion).readAsync();
    return this.#inbox[channel].length > 0;
  }

  #find(uuid: string): Characteristic {
    const found = this.#characteristics.find((each) => normalizeUuid(each.uuid) === normalizeUuid(uuid));
    if (!found) throw new Error(`the scooter has no characteristic ${uuid}`);
    return found;
  }
}

const discovered = new Map<string, Peripheral>();
let peripheral: Peripheral | undefined;
let app: MiAuth | undefined;
let read: Awaited<ReturnType<MiAuth['logIn']>> | undefined;

/** Requests of the parent; arguments and results are strings. */
const ACTIONS: Readonly<Record<string, (...args: string[]) => Promise<string | undefined>>> = {
  scan: async () => {
    await noble.startScanningAsync([], true);
    return undefined;
  },
  connect: async (address = '') => {
    await noble.stopScanningAsync();
    peripheral = discovered.get(address);
    await peripheral?.connectAsync();
    const found = await peripheral?.discoverAllServicesAndCharacteristicsAsync();
    const scooter = new NobleScooter(found?.characteristics ?? []);
    await scooter.subscribe();
    app = new MiAuth(scooter, randomBytes);
    return undefined;
  },
  register: async () => (await app?.register())?.toString('hex'),
  logIn: async (token = '') => {
    read = await app?.logIn(Buffer.from(token, 'hex'));
    return undefined;
  },
  read: async (device, register, byteCount) =>
    (await read?.(device as Device, Number(register), Number(byteCount)))?.toString('hex'),
  disconnect: async () => {
    await peripheral?.disconnectAsync();
    return undefined;
  },
};

noble.on('discover', (found: Peripheral) => {
  discovered.set(found.address, found);
  process.send?.({ discovered: found.address });
});
noble.on('stateChange', (state: string) => {
  if (state === 'poweredOn') process.send?.({ isReady: true });
});
process.on('message', ([act = '', ...args]: string[]) => {
  void ACTIONS[act]?.(...args).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ failure: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
