import type { Adapter } from '../hci/adapter.ts';
import type { Generation } from '../protocol/advertisement.ts';
import { didFromText } from '../protocol/device-info.ts';
import { DEFAULT_UNITS, modelOfType } from '../protocol/models.ts';
import { factoryGeneration, factoryRegisters } from './firmware/factory.ts';
import { type Channel, Firmware, type FirmwareEvent, type FirmwareTiming } from './firmware/firmware.ts';
import { RegisterBank } from './firmware/register-bank.ts';
import type { RandomBytes } from './firmware/registration.ts';
import { telemetry } from './firmware/telemetry.ts';
import { type PeripheralOptions, ScooterPeripheral, type StartOptions } from './peripheral.ts';
import { type Position, Ride, type RideState } from './ride/ride.ts';

/** Something that the scooter does differently while it lasts. */
export interface ScooterBehaviour {
  /** What goes out in place of one notification: nothing, the same, something else. */
  readonly notifications: (channel: Channel, bytes: Buffer) => readonly Buffer[];
}

export interface VirtualScooterOptions {
  readonly adapter: Adapter;
  /** The adapter's address: name, serial numbers and device id are drawn from it. */
  readonly address: string;
  /** `MIScooter` and four digits unless said; at most 13 ASCII characters. */
  readonly name?: string;
  /** The ride that it is on, and with it the model that it is. */
  readonly ride?: Ride;
  /** How it speaks: as its model does, unless said. */
  readonly generation?: Generation;
  /** The token that it is bound to; none for a scooter that is bound to nobody. */
  readonly token?: Buffer;
  readonly random: RandomBytes;
  readonly timing?: Partial<FirmwareTiming>;
  /** For how long it stays unseen after a disconnect. */
  readonly returnDelayMs?: number;
  readonly onEvent?: (event: FirmwareEvent) => void;
  /** Hears each notification as it goes out, on whatever channel. */
  readonly onNotify?: (channel: Channel, bytes: Buffer) => void;
}

/** The last digits of an address as a number that tells scooters apart. */
function unitNumberOf(address: string): number {
  return Number.parseInt(address.replaceAll(':', '').slice(-6), 16);
}

function nameOf(unit: number): string {
  return `MIScooter${String(unit).slice(-4).padStart(4, '0')}`;
}

/** A scooter: a model under way on a ride, its firmware, and its Bluetooth. */
export class VirtualScooter {
  readonly name: string;
  readonly ride: Ride;
  readonly generation: Generation;
  /** Added when a fault begins, deleted when it ends; in force one after the other. */
  readonly behaviours = new Set<ScooterBehaviour>();
  readonly #options: VirtualScooterOptions;
  readonly #firmware: Firmware;
  #rideStartMs: number | undefined;
  #poweredOnMs = 0;
  #power: AbortController | undefined;
  #peripheral: ScooterPeripheral | undefined;

  constructor(options: VirtualScooterOptions) {
    const { address, ride = new Ride(), token, random, timing, onEvent } = options;
    const { model } = ride;
    const unit = unitNumberOf(address);
    const units = modelOfType(model.typeByte) ?? DEFAULT_UNITS;
    this.name = options.name ?? nameOf(unit);
    this.ride = ride;
    this.generation = options.generation ?? factoryGeneration(model);
    this.#options = options;
    const registers = new RegisterBank({
      initial: factoryRegisters({ model, name: this.name, unit }),
      live: (nowMs) => telemetry(this.#rideAt(nowMs), units),
      units,
    });
    const did = didFromText(`blt.4.${String(unit).padStart(13, '0')}`);
    this.#firmware = new Firmware(
      {
        generation: this.generation,
        did,
        registers,
        random,
        ...(token && { token }),
        ...(timing && { timing }),
      },
      {
        notify: (channel, bytes) => this.#notify(channel, bytes),
        event: (event) => onEvent?.(event),
      },
    );
  }

  /** The one token that logs in; undefined while it is bound to nobody. */
  get token(): Buffer | undefined {
    return this.#firmware.token;
  }

  /** What the ride has come to at this moment. */
  get state(): RideState {
    return this.#rideAt(performance.now());
  }

  /** Where the ride is at this moment. */
  get position(): Position {
    const nowMs = performance.now();
    return this.ride.positionAt(nowMs - (this.#rideStartMs ?? nowMs));
  }

  /**
   * Switches it on, and returns once it can be found. The ride begins with the first time; trip and uptime with every.
   * @throws what `ScooterPeripheral.start` throws; Error if it is on.
   */
  async start({ timeoutMs, signal }: StartOptions = {}): Promise<void> {
    if (this.#power) throw new Error(`${this.name} is switched on already`);
    const power = new AbortController();
    this.#power = power;
    this.#poweredOnMs = performance.now();
    this.#rideStartMs ??= this.#poweredOnMs;
    try {
      const peripheral = await ScooterPeripheral.start(this.#peripheralOptions(), {
        signal: signal ? AbortSignal.any([signal, power.signal]) : power.signal,
        ...(timeoutMs !== undefined && { timeoutMs }),
      });
      if (power.signal.aborted) {
        peripheral.close();
        power.signal.throwIfAborted();
      }
      this.#peripheral = peripheral;
    } catch (error) {
      if (this.#power === power) this.#power = undefined;
      throw error;
    }
  }

  /** Binds it to another token, as a registration by another phone does, or to none, as a factory reset does. */
  bind(token: Buffer | undefined): void {
    this.#firmware.bind(token);
  }

  /** The rider presses the power button; without effect while it is off. */
  pressButton(): void {
    this.#peripheral?.pressButton();
  }

  /** Whether it is switched on. */
  get isOn(): boolean {
    return this.#power !== undefined;
  }

  /** Switches it off without a goodbye; token and settings stay. */
  close(): void {
    this.#power?.abort(new Error(`${this.name} was switched off`));
    this.#power = undefined;
    this.#peripheral?.close();
    this.#peripheral = undefined;
  }

  #notify(channel: Channel, bytes: Buffer): void {
    let outgoing: readonly Buffer[] = [bytes];
    for (const { notifications } of this.behaviours) {
      outgoing = outgoing.flatMap((each) => notifications(channel, each));
    }
    for (const each of outgoing) {
      this.#options.onNotify?.(channel, each);
      this.#peripheral?.notify(channel, each);
    }
  }

  #peripheralOptions(): PeripheralOptions {
    const { adapter, returnDelayMs } = this.#options;
    const { model } = this.ride;
    return {
      adapter,
      firmware: this.#firmware,
      advertised: { name: this.name, modelType: model.typeByte, generation: this.generation },
      firmwareVersion: model.firmware.ble,
      ...(returnDelayMs !== undefined && { returnDelayMs }),
    };
  }

  #rideAt(nowMs: number): RideState {
    const rideStartMs = this.#rideStartMs ?? nowMs;
    return this.ride.at(nowMs - rideStartMs, this.#poweredOnMs - rideStartMs);
  }
}
