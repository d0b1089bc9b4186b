import type { Fragment } from './acl.ts';
import type { Air } from './air.ts';
import type { Controller } from './controller.ts';
import { STATUS } from './events.ts';
import type { ConnectionParameters } from './parameters.ts';

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
  /** What the link layers agree on. */
  readonly #procedures: (() => void)[] = [];
  #parameters: ConnectionParameters;
  /** Connection events lie at whole intervals after this moment; so many of them are over. */
  #anchorMs = performance.now();
  #eventsOver = 0;
  #eventTimer: NodeJS.Timeout | undefined;
  #supervisionTimer: NodeJS.Timeout | undefined;
  #lostSinceMs: number | undefined;
  #terminatedBy: Controller | undefined;

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
    if (this.#terminatedBy === from) return;
    this.#directions.find((direction) => direction.from === from)?.queue.push(fragment);
    this.#armEvent();
  }

  /** New parameters for both ends. */
  update(parameters: ConnectionParameters): void {
    this.exchange(() => {
      this.#parameters = parameters;
      this.#anchorMs = performance.now();
      this.#eventsOver = 0;
      this.#air.tell({ type: 'updated', link: this });
      for (const end of [this.central, this.peripheral]) end.linkUpdated(this);
    });
  }

  /** Does what the link layers exchange control packets for: at the next connection event, after the data. */
  exchange(procedure: () => void): void {
    this.#procedures.push(procedure);
    this.#armEvent();
  }

  /** One end hangs up and tells the other why; where that cannot be told, the link is lost in silence. */
  terminate(by: Controller, reason: number): void {
    if (this.#terminatedBy !== undefined) return;
    this.#terminatedBy = by;
    this.exchange(() => this.#end(reason));
  }

  /** One end is gone without a word (powered off, reset): the other notices by supervision. */
  abandon(by: Controller): void {
    by.linkEnded(this, undefined);
    if (this.peerOf(by).has(this)) this.reachChanged();
    else this.#end(STATUS.connectionTimeout);
  }

  /** The connection request was lost: the central believes in a link that the peripheral never heard of. */
  failToEstablish(): void {
    const delayMs = EVENTS_TO_ESTABLISH * this.#parameters.interval * INTERVAL_UNIT_MS;
    this.#supervisionTimer = setTimeout(() => this.#end(STATUS.failedToEstablish), Math.ceil(delayMs));
  }

  /** Both ends lose the link in this moment, as after a supervision timeout. */
  drop(): void {
    this.#end(STATUS.connectionTimeout);
  }

  /** The ends may hear each other no longer, or again. */
  reachChanged(): void {
    if (this.#reached()) {
      clearTimeout(this.#supervisionTimer);
      this.#supervisionTimer = undefined;
      this.#armEvent();
    } else {
      clearTimeout(this.#eventTimer);
      this.#eventTimer = undefined;
      this.#supervisionTimer ??= setTimeout(
        () => this.#end(STATUS.connectionTimeout),
        this.#supervisionTimeoutMs(),
      );
    }
  }

  #reached(): boolean {
    return (
      this.#air.reaches(this.central, this.peripheral) && this.central.has(this) && this.peripheral.has(this)
    );
  }

  #supervisionTimeoutMs(): number {
    return this.#parameters.supervisionTimeout * TIMEOUT_UNIT_MS;
  }

  #hasTraffic(): boolean {
    return this.#procedures.length > 0 || this.#directions.some(({ queue }) => queue.length > 0);
  }

  /** Waits for the next connection event if there is anything to do at it. */
  #armEvent(): void {
    if (this.#eventTimer !== undefined || !this.#reached() || !this.#hasTraffic()) return;
    const intervalMs = this.#parameters.interval * INTERVAL_UNIT_MS;
    const sinceAnchorMs = performance.now() - this.#anchorMs;
    const event = Math.max(this.#eventsOver, Math.floor(sinceAnchorMs / intervalMs)) + 1;
    // Timers drop fractions of a millisecond: rounded up, no event comes before its time.
    const delayMs = Math.ceil(event * intervalMs - sinceAnchorMs) + this.#air.conditions.delayMs;
    this.#eventTimer = setTimeout(() => {
      this.#eventTimer = undefined;
      this.#eventsOver = event;
      if (this.#air.loses()) this.#eventLost();
      else this.#eventHeld();
      this.#armEvent();
    }, delayMs);
  }

  #eventHeld(): void {
    this.#lostSinceMs = undefined;
    for (const { from, to, queue } of this.#directions) {
      const crossing = queue.splice(0, PACKETS_PER_EVENT);
      for (const fragment of crossing) this.#carry(to, fragment);
      if (crossing.length > 0) from.dataSent(this, crossing.length);
    }
    for (const procedure of this.#procedures.splice(0)) procedure();
  }

  #carry(to: Controller, fragment: Fragment): void {
    if (this.#air.conditions.stalled) return;
    this.#air.tell({ type: 'carried', link: this, to, fragment });
    to.receiveData(this, fragment);
  }

  #eventLost(): void {
    this.#lostSinceMs ??= performance.now();
    const lostForMs = performance.now() - this.#lostSinceMs;
    if (lostForMs >= this.#supervisionTimeoutMs()) this.#end(STATUS.connectionTimeout);
  }

  /** Whoever hung up learns that it is done, everybody else learns `reason`. */
  #end(reason: number): void {
    clearTimeout(this.#eventTimer);
    clearTimeout(this.#supervisionTimer);
    this.#air.ended(this, reason);
    for (const end of [this.central, this.peripheral]) {
      end.linkEnded(this, end === this.#terminatedBy ? STATUS.localHostTerminated : reason);
    }
  }
}
