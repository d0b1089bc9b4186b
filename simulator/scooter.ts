import type { Adapter } from '../hci/adapter.ts';
import type { OnLibraryProblem } from '../hci/library-problem.ts';
import { type Advertised, type Generation, scooterBeacon } from '../protocol/advertisement.ts';
import { didFromText } from '../protocol/device-info.ts';
import type { Channel } from './firmware/channel.ts';
import { type Command, commandOf } from './commands.ts';
import { factoryRegisters } from './firmware/factory.ts';
import { Firmware, type FirmwareEvent, type FirmwareTiming } from './firmware/firmware.ts';
import type { Quirk } from './firmware/quirks.ts';
import { keystreamOf } from './firmware/keystream.ts';
import { RegisterBank } from './firmware/register-bank.ts';
import type { RandomBytes } from './firmware/registration.ts';
import { telemetry } from './firmware/telemetry.ts';
import { NotificationPacer } from './notification-pacer.ts';
import { type PeripheralOptions, ScooterPeripheral, type StartOptions } from './peripheral.ts';
import type { Conditions } from './ride/conditions.ts';
import { type Position, Ride } from './ride/ride.ts';
import type { RideState } from './ride/ride-state.ts';

export interface VirtualScooterOptions {
  readonly adapter: Adapter;
  /** Address from which name, serial numbers and device id are derived; the one that centrals see is that of the adapter. */
  readonly address: string;
  /** At most 13 ASCII characters; default: `MIScooter` and four digits. */
  readonly name?: string;
  /** Ride, which also determines the model. */
  readonly ride?: Ride;
  /** Protocol generation; default: that of its model. */
  readonly generation?: Generation;
  /** Whether it was never paired: it has no device id until an app assigns one. */
  readonly isNew?: boolean;
  /** Token of 12 bytes; none if the scooter is not bound. */
  readonly token?: Buffer;
  readonly random: RandomBytes;
  readonly timing?: Partial<FirmwareTiming>;
  /** Time that it does not advertise after a disconnect. */
  readonly returnDelayMs?: number;
  /** Time standing without the charger after which it switches itself off, connected or not; by default it stays on. */
  readonly autoOffMs?: number;
  /** Time of the ride at which all its values are frozen; by default they follow the ride. */
  readonly holdAtMs?: number;
  /** Called when it switches itself off, because of a command or after standing, and when it has restarted. */
  readonly onPower?: (isOn: boolean) => void;
  /** Receives what bleno prints, throws or cannot parse; by default what it throws ends the process. */
  readonly onLibraryProblem?: OnLibraryProblem;
  readonly onEvent?: (event: FirmwareEvent) => void;
  /** Called with every notification before it is sent, and whether no quirk has replaced it. */
  readonly onNotify?: (channel: Channel, bytes: Buffer, isGenuine: boolean) => void;
}

/** Number of a scooter, from the last three bytes of its address. */
function unitNumberOf(address: string): number {
  return Number.parseInt(address.replaceAll(':', '').slice(-6), 16);
}

function nameOf(prefix: string, unit: number): string {
  return `${prefix}${String(unit).slice(-4).padStart(4, '0')}`;
}

/** Time from a command to switch off until the scooter is off, in which its reply is transmitted; assumed. */
const SHUTDOWN_MS = 500;
/** Time that a restart takes. */
const REBOOT_MS = 3_000;

/** Virtual scooter: a ride, the firmware, and the Bluetooth peripheral. */
export class VirtualScooter {
  readonly ride: Ride;
  readonly generation: Generation;
  /** Active quirks: added when a fault starts, deleted when it ends, applied in order. */
  readonly quirks = new Set<Quirk>();
  readonly notificationPacer = new NotificationPacer();
  readonly #options: VirtualScooterOptions;
  readonly #firmware: Firmware;
  #name: string;
  #rideStartMs: number | undefined;
  #power: AbortController | undefined;
  #peripheral: ScooterPeripheral | undefined;
  #isResetDue = false;
  /** Pending restart, or check whether it has stood for too long. */
  #powerTimer: NodeJS.Timeout | undefined;

  constructor(options: VirtualScooterOptions) {
    const { address, ride = new Ride(), token, random, timing, onEvent } = options;
    const { model } = ride;
    const unit = unitNumberOf(address);
    this.#name = options.name ?? nameOf(model.namePrefix, unit);
    this.ride = ride;
    this.generation = options.generation ?? model.generation;
    this.#options = options;
    const registers = new RegisterBank({
      initial: factoryRegisters({ model, name: this.name, unit }),
      live: (nowMs) => telemetry(this.ride.at(this.#rideMs(nowMs)), model),
      traits: model,
    });
    const did = didFromText(`blt.4.${String(unit).padStart(13, '0')}`);
    this.#firmware = new Firmware(
      {
        generation: this.generation,
        ...(options.isNew !== true && { did }),
        keystream: keystreamOf(unit),
        registers,
        random,
        quirks: this.quirks,
        ...(token && { token }),
        ...(timing && { timing }),
      },
      {
        notify: (channel, bytes) => this.#notify(channel, bytes),
        notifyStray: (bytes) => this.sendStray(bytes),
        event: (event) => {
          if (event.type === 'disconnected') this.notificationPacer.clear();
          if (event.type === 'command') this.#execute(commandOf(event));
          onEvent?.(event);
        },
      },
    );
  }

  /** Its name, which an app may change. It is advertised from the next start on, which is assumed. */
  get name(): string {
    return this.#name;
  }

  /** The only valid token; undefined if the scooter is not bound. */
  get token(): Buffer | undefined {
    return this.#firmware.token;
  }

  /** Current state of the ride. */
  get state(): RideState {
    return this.ride.at(this.#rideMs());
  }

  /** Current position of the ride. */
  get position(): Position {
    return this.ride.positionAt(this.#rideMs());
  }

  /**
   * Switches the scooter on, and resolves once it advertises. The first call starts the ride; every call resets trip
   * and uptime.
   * @throws the errors of `ScooterPeripheral.start`; Error if it is on already.
   */
  async start({ timeoutMs, signal }: StartOptions = {}): Promise<void> {
    if (this.#power) throw new Error(`${this.name} is already on`);
    const power = new AbortController();
    this.#power = power;
    this.#firmware.switchedOn(performance.now(), this.#isResetDue);
    this.#isResetDue = false;
    if (this.#rideStartMs === undefined) this.#rideStartMs = performance.now();
    else if (this.#options.holdAtMs === undefined) this.ride.powerOn(this.#rideMs());
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
      this.#switchOffAfterStanding();
    } catch (error) {
      if (this.#power === power) this.#switchOff();
      throw error;
    }
  }

  /** Changes the conditions of the ride from now on. */
  change(change: Partial<Conditions>): void {
    this.ride.change(this.#rideMs(), change);
  }

  /** Changes the conditions of the ride until the returned function is called; of several such changes the last applies. */
  override(change: Partial<Conditions>): () => void {
    const override = this.ride.override(this.#rideMs(), change);
    return () => override.release(this.#rideMs());
  }

  /** Replaces the token, as a registration by another phone does. */
  bind(token: Buffer): void {
    this.#firmware.bind(token);
  }

  /** Holds power button, throttle and brake the next time that it is switched on, which deletes the pairing. */
  resetAtNextStart(): void {
    this.#isResetDue = true;
  }

  /** Presses the power button; has no effect while the scooter is off. */
  pressButton(): void {
    this.#peripheral?.pressButton();
  }

  /** Whether it is switched on. */
  get isOn(): boolean {
    return this.#power !== undefined;
  }

  /** Aborts when its adapter fails; undefined while the scooter does not advertise. It can be started again after `close`. */
  get adapterFailed(): AbortSignal | undefined {
    return this.#peripheral?.failed;
  }

  /** Switches the scooter off without disconnecting; token and settings are kept. */
  close(): void {
    this.#power?.abort(new Error(`${this.name} was switched off`));
    this.#switchOff();
    this.#peripheral?.close();
    this.#peripheral = undefined;
    this.notificationPacer.clear();
    clearTimeout(this.#powerTimer);
  }

  /** Notifies the app on the UART of bytes that belong to no reply. */
  sendStray(bytes: Buffer): void {
    this.notificationPacer.push(() => this.#peripheral?.notify('uart', bytes), false);
  }

  #switchOff(): void {
    if (this.#power && this.#options.holdAtMs === undefined) this.ride.powerOff(this.#rideMs());
    this.#power = undefined;
  }

  #execute({ change, power, name }: Command = {}): void {
    if (change) this.change(change);
    if (name !== undefined) this.#name = name;
    if (!power) return;
    clearTimeout(this.#powerTimer);
    this.#powerTimer = setTimeout(() => this.#switchItselfOff(power === 'reboot'), SHUTDOWN_MS);
  }

  #switchItselfOff(restarts: boolean): void {
    this.close();
    this.#options.onPower?.(false);
    if (restarts) this.#powerTimer = setTimeout(() => void this.#restart(), REBOOT_MS);
  }

  async #restart(): Promise<void> {
    try {
      await this.start();
      this.#options.onPower?.(true);
    } catch {
      // It fails only if it was switched off meanwhile, or if its adapter failed, which `adapterFailed` reports.
    }
  }

  /** Switches itself off once it has stood for `autoOffMs` without the charger. */
  #switchOffAfterStanding(): void {
    const { autoOffMs } = this.#options;
    if (autoOffMs === undefined) return;
    const { idleS, uptimeS } = this.state;
    const remainingMs = autoOffMs - Math.min(idleS, uptimeS) * 1000;
    if (remainingMs <= 0) {
      this.#switchItselfOff(false);
      return;
    }
    this.#powerTimer = setTimeout(() => this.#switchOffAfterStanding(), Math.ceil(remainingMs));
  }

  #notify(channel: Channel, bytes: Buffer): void {
    let outgoing: readonly Buffer[] = [bytes];
    for (const { notifications } of this.quirks) {
      if (!notifications) continue;
      outgoing = outgoing.flatMap((each) => notifications(channel, each));
    }
    for (const each of outgoing) {
      this.#options.onNotify?.(channel, each, each.equals(bytes));
      this.notificationPacer.push(() => this.#peripheral?.notify(channel, each), each.length === 0);
    }
  }

  #peripheralOptions(): PeripheralOptions {
    const { adapter, returnDelayMs, onLibraryProblem } = this.#options;
    const { model } = this.ride;
    return {
      adapter,
      firmware: this.#firmware,
      advertised: this.#advertised(),
      firmwareVersion: model.firmware.ble,
      ...(returnDelayMs !== undefined && { returnDelayMs }),
      ...(onLibraryProblem && { onLibraryProblem }),
    };
  }

  #advertised(): Advertised {
    const { typeByte, productId, advertisement: variant } = this.ride.model;
    const data = { name: this.name, modelType: typeByte, generation: this.generation };
    if (variant === 'manufacturer') return data;
    return { ...data, variant, miBeacon: scooterBeacon({ productId, mac: this.#options.address }) };
  }

  /** Time of the ride, in milliseconds. */
  #rideMs(nowMs = performance.now()): number {
    return this.#options.holdAtMs ?? nowMs - (this.#rideStartMs ?? nowMs);
  }
}
