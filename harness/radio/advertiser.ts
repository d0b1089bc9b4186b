import type { Air } from './air.ts';
import type { Controller } from './controller.ts';

/** Units of the advertising interval in milliseconds. */
const INTERVAL_UNIT_MS = 0.625;
/** A random delay up to this is added to every advertising interval (Bluetooth Core Vol 6 Part B, 4.4.2.2). */
const MAX_ADVERTISING_DELAY_MS = 10;
/** What a controller advertises with unless told otherwise: every 1.28 s, and nothing. */
const DEFAULT_INTERVAL = 0x0800;
const NO_DATA: Buffer = Buffer.alloc(0);

/** The advertising side of a controller: legacy connectable undirected advertising. */
export class Advertiser {
  advertisement: Buffer = NO_DATA;
  scanResponse: Buffer = NO_DATA;
  /** In units of 0.625 ms. */
  interval = DEFAULT_INTERVAL;
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

  enable(enabled: boolean): void {
    this.#enabled = enabled;
    this.refresh();
  }

  /** Stops, and forgets what the host has set. */
  reset(): void {
    this.enable(false);
    this.advertisement = this.scanResponse = NO_DATA;
    this.interval = DEFAULT_INTERVAL;
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
    const delayMs = this.interval * INTERVAL_UNIT_MS + this.#air.random() * MAX_ADVERTISING_DELAY_MS;
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
