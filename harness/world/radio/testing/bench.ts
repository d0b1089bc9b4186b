import { once, type EventEmitter } from 'node:events';
import { virtualClock, type Clock } from '../../clock/clock.ts';
import { seededRandom } from '../../random.ts';
import { Air } from '../air.ts';
import { Controller } from '../controller.ts';
import type { DeviceAddress } from '../device-address.ts';
import { RADIO_MODELS, type RadioModelName } from '../radio-model.ts';
import { TestCentral } from './central.ts';
import { PI, SCOOTER } from './devices.ts';
import { localName, TestPeripheral } from './peripheral.ts';

const DEFAULT_MTU = 23;

export interface PeripheralOptions {
  readonly identity?: DeviceAddress;
  readonly advertisement?: Buffer;
  readonly scanResponse?: Buffer;
  readonly maxMtu?: number;
}

/** A test bench with unmodified noble and bleno on an air in virtual time. */
export class Bench {
  readonly clock: Clock = virtualClock();
  readonly air: Air;
  readonly #loaded: { close(): void }[] = [];

  constructor({ seed = 1, radio = 'ideal' }: { seed?: number; radio?: RadioModelName } = {}) {
    this.air = new Air({ random: seededRandom(seed).unit, model: RADIO_MODELS[radio] });
  }

  /** Starts bleno, which advertises. */
  async peripheral({
    identity = SCOOTER,
    advertisement = localName('scooter'),
    scanResponse = Buffer.alloc(0),
    maxMtu = DEFAULT_MTU,
  }: PeripheralOptions = {}): Promise<TestPeripheral> {
    const peripheral = new TestPeripheral(new Controller(this.air, { identity }), maxMtu);
    this.#loaded.push(peripheral);
    await this.#poweredOn(peripheral.bleno);
    const started = once(peripheral.bleno, 'advertisingStart');
    peripheral.advertise(advertisement, scanResponse);
    await this.clock.until(started);
    await this.clock.advance(10);
    return peripheral;
  }

  async central({ identity = PI } = {}): Promise<TestCentral> {
    const central = new TestCentral(new Controller(this.air, { identity }), this.clock);
    this.#loaded.push(central);
    await this.#poweredOn(central.noble);
    return central;
  }

  /** Waits for an event in virtual time. */
  async event(emitter: EventEmitter, name: string, limitMs?: number): Promise<unknown[]> {
    return this.clock.until(once(emitter, name) as Promise<unknown[]>, limitMs);
  }

  closeLibraries(): void {
    for (const loaded of this.#loaded.splice(0)) loaded.close();
  }

  close(): void {
    this.closeLibraries();
    this.clock.close();
  }

  async #poweredOn(library: EventEmitter & { readonly state: string }): Promise<void> {
    if (library.state !== 'poweredOn') await this.event(library, 'stateChange');
  }
}
