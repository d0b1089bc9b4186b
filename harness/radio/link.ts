import type { Fragment } from './acl.ts';
import type { Air } from './air.ts';
import type { Controller } from './controller.ts';
import { STATUS, type ConnectionParameters } from './events.ts';

const INTERVAL_UNIT_MS = 1.25;
const TIMEOUT_UNIT_MS = 10;
/** How many packets one side gets across in one connection event; common chips manage four to six. */
const PACKETS_PER_EVENT = 4;
/** A central that hears nothing in this many events gives a new link up (Bluetooth Core Vol 6 Part B, 4.5.2). */
const EVENTS_TO_ESTABLISH = 6;

/** One end's packets on their way to the other. */
interface Direction {
  readonly from: Controller;
  readonly to: Controller;
  readonly queue: Fragment[];
}

/**
 * A connection between two controllers. Data cross at connection events only; what is lost is sent again at the next
 * event, so nothing is missing on a link that lives. When nothing gets through for the supervision timeout, both ends
 * lose the link. An idle link costs no timer.
 */
export class Link {
  readonly central: Controller;
  readonly peripheral: Controller;
  readonly #air: Air;
  readonly #directions: readonly [Direction, Direction];
  readonly #anchorMs = performance.now();
  #parameters: ConnectionParameters;
  #eventTimer: NodeJS.Timeout | undefined;
  #supervisionTimer: NodeJS.Timeout | undefined;
  #lostSinceMs: number | undefined;
  #terminatedBy: Controller | undefined;
  #ended = false;

  constructor(air: Air, central: Controller, peripheral: Controller, parameters: ConnectionParameters) {
    this.#air = air;
    this.central = central;
    this.peripheral = peripheral;
    this.#parameters = parameters;
    this.#directions = [
      { from: central, to: peripheral, queue: [] },
      { from: peripheral, to: central, queue: [] },
    ];
  }

  get parameters(): ConnectionParameters {
    return this.#parameters;
  }

  peerOf(controller: Controller): Controller {
    return controller === this.central ? this.peripheral : this.central;
  }

  /** Queues an L2CAP fragment; it crosses at the next connection event that succeeds. */
  send(from: Controller, fragment: Fragment): void {
    if (this.#ended || this.#terminatedBy === from) return;
    this.#directions.find((direction) => direction.from === from)?.queue.push(fragment);
    this.#armEvent();
  }

  /** New parameters take effect at once for both ends. */
  update(parameters: ConnectionParameters): void {
    this.#parameters = parameters;
    for (const end of [this.central, this.peripheral]) end.linkUpdated(this);
  }

  /** The link counts as encrypted from now on for both ends; nothing changes on the air. */
  encrypt(): void {
    for (const end of [this.central, this.peripheral]) end.linkEncrypted(this);
  }

  /** One end hangs up: the other hears of it at the next connection event, or loses the link in silence. */
  terminate(by: Controller): void {
    if (this.#terminatedBy !== undefined) return;
    this.#terminatedBy = by;
    this.#armEvent();
  }

  /** One end is gone without a word (powered off, reset): the other notices by supervision. */
  abandon(by: Controller): void {
    by.linkEnded(this, undefined);
    this.#armSupervision();
  }

  /** The connection request was lost: the central believes in a link that the peripheral never heard of. */
  failToEstablish(): void {
    this.#supervisionTimer = setTimeout(
      () => {
        this.#end(STATUS.localHostTerminated, STATUS.failedToEstablish);
      },
      EVENTS_TO_ESTABLISH * this.#parameters.interval * INTERVAL_UNIT_MS,
    );
  }

  /** The air says that the ends may hear each other no longer, or again. */
  reachChanged(): void {
    if (this.#reached()) {
      clearTimeout(this.#supervisionTimer);
      this.#supervisionTimer = undefined;
      if (this.#terminatedBy !== undefined || this.#directions.some(({ queue }) => queue.length > 0))
        this.#armEvent();
    } else {
      clearTimeout(this.#eventTimer);
      this.#eventTimer = undefined;
      this.#armSupervision();
    }
  }

  #reached(): boolean {
    return (
      this.#air.reaches(this.central, this.peripheral) && this.central.has(this) && this.peripheral.has(this)
    );
  }

  #armEvent(): void {
    if (this.#ended || this.#eventTimer !== undefined || !this.#reached()) return;
    const intervalMs = this.#parameters.interval * INTERVAL_UNIT_MS;
    const sinceAnchorMs = performance.now() - this.#anchorMs;
    const nextEventMs = (Math.floor(sinceAnchorMs / intervalMs) + 1) * intervalMs;
    this.#eventTimer = setTimeout(() => {
      this.#eventTimer = undefined;
      this.#connectionEvent();
    }, nextEventMs - sinceAnchorMs);
  }

  #connectionEvent(): void {
    if (this.#air.loses()) {
      this.#eventLost();
      return;
    }
    this.#lostSinceMs = undefined;
    for (const { from, to, queue } of this.#directions) {
      const crossing = queue.splice(0, PACKETS_PER_EVENT);
      for (const fragment of crossing) to.receiveData(this, fragment);
      if (crossing.length > 0) from.dataSent(this, crossing.length);
    }
    if (this.#terminatedBy !== undefined) this.#end(STATUS.localHostTerminated, STATUS.remoteUserTerminated);
    else if (this.#directions.some(({ queue }) => queue.length > 0)) this.#armEvent();
  }

  #eventLost(): void {
    this.#lostSinceMs ??= performance.now();
    if (performance.now() - this.#lostSinceMs >= this.#supervisionMs()) this.#supervisionElapsed();
    else this.#armEvent();
  }

  #supervisionMs(): number {
    return this.#parameters.supervisionTimeout * TIMEOUT_UNIT_MS;
  }

  #armSupervision(): void {
    if (this.#ended || this.#supervisionTimer !== undefined) return;
    this.#supervisionTimer = setTimeout(() => {
      this.#supervisionElapsed();
    }, this.#supervisionMs());
  }

  #supervisionElapsed(): void {
    this.#end(STATUS.localHostTerminated, STATUS.connectionTimeout);
  }

  /** The end that hung up learns that its own request is done; the other, or both, learn `reason`. */
  #end(reasonForTerminator: number, reason: number): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#eventTimer);
    clearTimeout(this.#supervisionTimer);
    this.#air.ended(this);
    for (const end of [this.central, this.peripheral]) {
      end.linkEnded(this, end === this.#terminatedBy ? reasonForTerminator : reason);
    }
  }
}
