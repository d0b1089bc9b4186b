import { once } from 'node:events';
import {
  loadNoble,
  type Noble,
  type NobleCharacteristic,
  type NobleConnectionParameters,
  type NoblePeripheral,
  type NobleService,
} from '../../../../hci/noble.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Controller } from '../controller.ts';
import type { DeviceAddress } from '../device-address.ts';
import { VirtualAdapter } from '../virtual-adapter.ts';
import { SCOOTER } from './devices.ts';
import { SERVICE } from './peripheral.ts';
import { disconnectReasons, record, type Packet } from './recording.ts';

/** Default parameters of tests: 7.5 ms, and the client's default supervision timeout of 5 s. */
export const PARAMETERS: NobleConnectionParameters = {
  minInterval: 6,
  maxInterval: 6,
  latency: 0,
  timeout: 500,
};

/** A connection of noble, with the peripheral's characteristic discovered and subscribed. */
export interface TestLink {
  readonly peripheral: NoblePeripheral;
  readonly characteristic: NobleCharacteristic;
  readonly received: Buffer[];
}

/** Wraps noble for tests in virtual time. */
export class TestCentral {
  readonly controller: Controller;
  readonly packets: Packet[];
  readonly noble: Noble;
  /** Closes the host without a disconnect. */
  readonly close: () => void;
  readonly #clock: Clock;

  constructor(controller: Controller, clock: Clock) {
    this.controller = controller;
    this.packets = record(controller);
    const { noble, close } = loadNoble(new VirtualAdapter(controller));
    this.noble = noble;
    this.close = close;
    this.#clock = clock;
  }

  /** Scans until the device is discovered. */
  async find({ address }: DeviceAddress = SCOOTER): Promise<NoblePeripheral> {
    const found = new Promise<NoblePeripheral>((resolve) => {
      const onDiscover = (peripheral: NoblePeripheral): void => {
        if (peripheral.address !== address) return;
        this.noble.off('discover', onDiscover);
        resolve(peripheral);
      };
      this.noble.on('discover', onDiscover);
    });
    this.noble.startScanning([], true);
    const peripheral = await this.#clock.until(found);
    const stopped = once(this.noble, 'scanStop');
    this.noble.stopScanning();
    await this.#clock.until(stopped);
    return peripheral;
  }

  /** Addresses of the devices that are discovered in `ms`. */
  async scan(ms: number): Promise<string[]> {
    const addresses = new Set<string>();
    const onDiscover = ({ address }: NoblePeripheral): unknown => addresses.add(address);
    this.noble.on('discover', onDiscover);
    this.noble.startScanning([], true);
    await this.#clock.advance(ms);
    this.noble.off('discover', onDiscover);
    this.noble.stopScanning();
    await this.#clock.advance(10);
    return [...addresses];
  }

  async connect(peripheral: NoblePeripheral, parameters?: Partial<NobleConnectionParameters>): Promise<void> {
    const connected = once(peripheral, 'connect');
    peripheral.connect(parameters);
    const [error] = (await this.#clock.until(connected)) as [Error | undefined];
    if (error) throw error;
  }

  async disconnect(peripheral: NoblePeripheral): Promise<void> {
    const disconnected = once(peripheral, 'disconnect');
    peripheral.disconnect();
    await this.#clock.until(disconnected);
  }

  async discover(peripheral: NoblePeripheral): Promise<NobleCharacteristic> {
    const services = await this.#call<NobleService[]>((done) => peripheral.discoverServices([SERVICE], done));
    const characteristics = await this.#call<NobleCharacteristic[]>((done) =>
      services[0]?.discoverCharacteristics([], done),
    );
    const [characteristic] = characteristics;
    if (!characteristic) throw new Error('no characteristic');
    return characteristic;
  }

  /** Scans, connects, discovers and subscribes. */
  async open(
    device: DeviceAddress = SCOOTER,
    parameters: Partial<NobleConnectionParameters> | undefined = PARAMETERS,
  ): Promise<TestLink> {
    const peripheral = await this.find(device);
    await this.connect(peripheral, parameters);
    const characteristic = await this.discover(peripheral);
    // noble adds a listener for each write in flight.
    characteristic.setMaxListeners(0);
    const received: Buffer[] = [];
    characteristic.on('data', (data: Buffer) => received.push(Buffer.from(data)));
    await this.#call<undefined>((done) => characteristic.subscribe((error) => done(error, undefined)));
    return { peripheral, characteristic, received };
  }

  get disconnectReasons(): number[] {
    return disconnectReasons(this.packets);
  }

  #call<T>(start: (done: (error: unknown, result: T) => void) => void): Promise<T> {
    const called = new Promise<T>((resolve, reject) =>
      start((error, result) => {
        if (error instanceof Error) reject(error);
        else resolve(result);
      }),
    );
    return this.#clock.until(called);
  }
}
