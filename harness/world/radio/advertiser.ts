import type { Air } from './air.ts';
import type { Controller } from './controller.ts';
import type { DeviceAddress } from './events.ts';
import type { AdvertisingParameters } from './parameters.ts';

/** Units of the advertising interval in milliseconds. */
const INTERVAL_UNIT_MS = 0.625;
/** A random delay up to this is added to every advertising interval (Bluetooth Core Vol 6 Part B, 4.4.2.2). */
const MAX_ADVERTISING_DELAY_MS = 10;
const NO_DATA: Buffer = Buffer.alloc(0);

/** Types of advertising, as LE Set Advertising Parameters numbers them (Bluetooth Core Vol 4 Part E, 7.8.5). */
const TYPE = { connectable: 0, scannable: 2, nonConnectable: 3 } as const;

/** What a controller advertises with unless told otherwise: every 1.28 s, to everybody. */
const DEFAULT: AdvertisingParameters = {
  interval: 0x0800,
  type: TYPE.connectable,
  own: 'public',
  onlyAccepted: { scan: false, connect: false },
};

/** The advertising side of a controller: legacy undirected advertising. */
export class Advertiser {
  parameters = DEFAULT;
  advertisement: Buffer = NO_DATA;
  scanResponse: Buffer = NO_DATA;
  readonly #air: Air;
  readonly #controller: Controller;
  #enabled = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(air: Air, controller: Controller) {
    this.#air = air;
    this.#controller = controller;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** As LE Set Advertising Parameters and advertising reports number it. */
  get type(): number {
    return this.parameters.type;
  }

  /** The address that others hear. */
  get address(): DeviceAddress {
    return this.#controller.ownAddress(this.parameters.own) ?? this.#controller.identity;
  }

  /** Whether `device` is given the scan response. */
  answersScans(device: DeviceAddress): boolean {
    const { type, onlyAccepted } = this.parameters;
    return type !== TYPE.nonConnectable && (!onlyAccepted.scan || this.#controller.acceptList.has(device));
  }

  /** Whether others see that they can connect. */
  get connectable(): boolean {
    return this.type === TYPE.connectable;
  }

  /** Whether a connection request of `device` is taken. */
  takesConnection(device: DeviceAddress): boolean {
    return !this.parameters.onlyAccepted.connect || this.#controller.acceptList.has(device);
  }

  enable(enabled: boolean): void {
    this.#enabled = enabled;
    this.refresh();
  }

  /** Stops, and forgets what the host has set. */
  reset(): void {
    this.enable(false);
    this.advertisement = this.scanResponse = NO_DATA;
    this.parameters = DEFAULT;
  }

  /** Runs the advertising timer exactly while it is enabled and somebody listens. */
  refresh(): void {
    const [listener] = this.#enabled ? this.#air.listenersFor(this.#controller) : [];
    if (listener && this.#timer === undefined) this.#arm();
    if (!listener && this.#timer !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    }
  }

  #arm(): void {
    const { interval } = this.parameters;
    const delayMs = interval * INTERVAL_UNIT_MS + this.#air.random() * MAX_ADVERTISING_DELAY_MS;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#advertise();
      this.refresh();
    }, Math.ceil(delayMs));
  }

  #advertise(): void {
    for (const listener of this.#air.listenersFor(this.#controller)) {
      if (!this.#enabled) return;
      if (!this.#air.loses()) listener.hear(this.#controller);
    }
  }
}
