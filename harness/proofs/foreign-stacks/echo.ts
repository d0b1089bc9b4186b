import { once, type EventEmitter } from 'node:events';
import type { Adapter } from '../../../hci/adapter.ts';
import { loadBleno, type Bleno, type LoadedBleno } from '../../../hci/bleno.ts';
import {
  loadNoble,
  type LoadedNoble,
  type Noble,
  type NobleCharacteristic,
  type NobleConnectionParameters,
  type NoblePeripheral,
  type NobleService,
} from '../../../hci/noble.ts';
import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';

const SERVICE = 'fff0';
/** Notifies everything that is written to it. */
const ECHO = 'fff1';
/** Is read only. */
const CONSTANT = 'fff2';
export const CONSTANT_VALUE: Buffer = Buffer.from('constant');
/** Complete local name, as an AD structure. */
const SCAN_RESPONSE = Buffer.from('\x05\x09echo', 'latin1');
/** Flags: general discoverable, LE only. */
const ADVERTISEMENT = Buffer.from([2, 0x01, 0x06]);
const ATT_MTU = ATT_PAYLOAD_BYTES + 3;
const ATT_SUCCESS = 0;
const STEP_TIMEOUT_MS = 120_000;
const FLOOD_TIMEOUT_MS = 120_000;

/** The minimum connection interval, and a supervision timeout of 5 s. */
const PARAMETERS: NobleConnectionParameters = { minInterval: 6, maxInterval: 6, latency: 0, timeout: 500 };

/** Waits for an event. */
export async function event(emitter: EventEmitter, name: string): Promise<unknown[]> {
  return (await once(emitter, name, { signal: AbortSignal.timeout(STEP_TIMEOUT_MS) })) as unknown[];
}

async function poweredOn(library: EventEmitter & { readonly state: string }): Promise<void> {
  while (library.state !== 'poweredOn') await event(library, 'stateChange');
}

/** A peripheral of bleno that echoes writes. */
export class EchoPeripheral {
  readonly bleno: Bleno;
  readonly close: () => void;
  #update: ((data: Buffer) => void) | undefined;

  private constructor({ bleno, close }: LoadedBleno) {
    this.bleno = bleno;
    this.close = close;
  }

  /** Starts advertising, which resumes after every connection. */
  static async start(adapter: Adapter): Promise<EchoPeripheral> {
    const echo = new EchoPeripheral(loadBleno(adapter, { maxMtu: ATT_MTU }));
    const { bleno } = echo;
    await poweredOn(bleno);
    bleno.setServices([
      new bleno.PrimaryService({ uuid: SERVICE, characteristics: echo.#characteristics() }),
    ]);
    bleno.startAdvertisingWithEIRData(ADVERTISEMENT, SCAN_RESPONSE);
    await event(bleno, 'advertisingStart');
    return echo;
  }

  #characteristics(): object[] {
    const { Characteristic } = this.bleno;
    return [
      new Characteristic({
        uuid: ECHO,
        properties: ['write', 'writeWithoutResponse', 'notify'],
        onWriteRequest: (data, _offset, _withoutResponse, respond) => {
          respond(ATT_SUCCESS);
          this.#update?.(data);
        },
        onSubscribe: (_maxValueSize, update) => (this.#update = update),
        onUnsubscribe: () => (this.#update = undefined),
      }),
      new Characteristic({ uuid: CONSTANT, properties: ['read'], value: CONSTANT_VALUE }),
    ];
  }
}

/** A connection to an {@link EchoPeripheral}. */
export class EchoLink {
  readonly peripheral: NoblePeripheral;
  readonly #echo: NobleCharacteristic;
  readonly #constant: NobleCharacteristic;

  constructor(peripheral: NoblePeripheral, [echo, constant]: readonly NobleCharacteristic[]) {
    if (!echo || !constant) throw new Error('the peripheral lacks a characteristic');
    this.peripheral = peripheral;
    this.#echo = echo;
    this.#constant = constant;
    // noble adds a listener for each write in flight.
    echo.setMaxListeners(0);
  }

  async subscribe(): Promise<void> {
    await promisified<undefined>((done) => this.#echo.subscribe((error) => done(error, undefined)));
  }

  /** Writes, and returns the notification that follows. */
  async write(data: Buffer, withoutResponse: boolean): Promise<Buffer> {
    const echoed = event(this.#echo, 'data');
    this.#echo.write(data, withoutResponse, () => undefined);
    const [bytes] = await echoed;
    return bytes as Buffer;
  }

  async read(): Promise<Buffer> {
    return promisified((done) => this.#constant.read(done));
  }

  /** Sends `count` writes without response, with up to `inFlight` unanswered; returns once all are answered. */
  async flood(count: number, inFlight: number): Promise<void> {
    const data = Buffer.alloc(ATT_PAYLOAD_BYTES);
    let [sent, answered] = [0, 0];
    const send = (): void => {
      if (sent++ < count) this.#echo.write(data, true, () => undefined);
    };
    let onAnswer = (): void => undefined;
    await promisified<undefined>((done) => {
      onAnswer = () => {
        send();
        if (++answered === count) done(undefined, undefined);
      };
      this.#echo.on('data', onAnswer);
      for (let index = 0; index < inFlight; index++) send();
    }, FLOOD_TIMEOUT_MS).finally(() => this.#echo.off('data', onAnswer));
  }

  async disconnect(): Promise<void> {
    const disconnected = event(this.peripheral, 'disconnect');
    this.peripheral.disconnect();
    await disconnected;
  }
}

/** A central of noble that connects to an {@link EchoPeripheral}. */
export class EchoCentral {
  readonly noble: Noble;
  readonly close: () => void;

  private constructor({ noble, close }: LoadedNoble) {
    this.noble = noble;
    this.close = close;
  }

  static async start(adapter: Adapter): Promise<EchoCentral> {
    const central = new EchoCentral(loadNoble(adapter));
    await poweredOn(central.noble);
    return central;
  }

  /** Connects to the first discovered device, and discovers its characteristics. */
  async connect(): Promise<EchoLink> {
    const { noble } = this;
    noble.startScanning([], true);
    const [found] = await event(noble, 'discover');
    const peripheral = found as NoblePeripheral;
    const stopped = event(noble, 'scanStop');
    noble.stopScanning();
    await stopped;
    const connected = event(peripheral, 'connect');
    peripheral.connect(PARAMETERS);
    const [error] = await connected;
    if (error instanceof Error) throw error;
    const [service] = await promisified<NobleService[]>((done) =>
      peripheral.discoverServices([SERVICE], done),
    );
    if (!service) throw new Error('the peripheral lacks the service');
    return new EchoLink(peripheral, await promisified((done) => service.discoverCharacteristics([], done)));
  }
}

/** Converts a call with a callback to a promise. */
function promisified<T>(
  call: (done: (error: unknown, result: T) => void) => void,
  timeoutMs = STEP_TIMEOUT_MS,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the library did not call back')), timeoutMs);
    call((error, result) => {
      clearTimeout(late);
      if (error instanceof Error) reject(error);
      else resolve(result);
    });
  });
}
