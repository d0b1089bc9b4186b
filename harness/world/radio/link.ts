import type { Fragment } from './acl.ts';
import { tapped, type AttTap } from './att-tap.ts';
import type { LinkEnd } from './link-end.ts';
import type { ConnectionParameters } from './parameters.ts';
import type { Radio } from './radio.ts';
import { STATUS } from './status.ts';

const INTERVAL_UNIT_MS = 1.25;
const TIMEOUT_UNIT_MS = 10;
/** Packets that one side can send in one connection event; common controllers send four to six. */
const PACKETS_PER_EVENT = 4;
/** A central that receives nothing in this many events drops a new link (Bluetooth Core Vol 6 Part B, 4.5.2). */
const EVENTS_TO_ESTABLISH = 6;

export type LinkEvent =
  | { readonly type: 'connected' | 'updated'; readonly link: Link }
  /** A fragment has reached the other end. */
  | { readonly type: 'carried'; readonly link: Link; readonly to: Radio; readonly fragment: Fragment }
  | { readonly type: 'ended'; readonly link: Link; readonly reason: number };

/** What a link needs of the air. */
export interface LinkMedium {
  readonly conditions: { readonly delayMs: number; readonly stalled: boolean };
  readonly attTaps: ReadonlySet<AttTap>;
  reaches(a: Radio, b: Radio): boolean;
  losesPacket(): boolean;
  readonly report: (event: LinkEvent) => void;
  linkEnded(link: Link, reason: number): void;
}

/** The packets of one end that the other one has not received yet. */
interface Direction {
  readonly from: Radio;
  readonly to: Radio;
  readonly queue: Fragment[];
}

/**
 * A connection between two devices. Data cross at connection events only; lost packets are sent again at the next
 * event, so a live link loses no data. If nothing gets through for the supervision timeout, both ends lose the link.
 * An idle link runs no timer.
 */
export class Link {
  readonly central: Radio;
  readonly peripheral: Radio;
  readonly #medium: LinkMedium;
  readonly #ends = new Map<Radio, LinkEnd>();
  readonly #directions: readonly [Direction, Direction];
  /** Link layer control procedures that wait for the next connection event. */
  readonly #procedures: (() => void)[] = [];
  #parameters: ConnectionParameters;
  /** Connection events lie at whole intervals after this time; `#lastEvent` counts those that have passed. */
  #anchorMs = performance.now();
  #lastEvent = 0;
  #eventTimer: NodeJS.Timeout | undefined;
  #supervisionTimer: NodeJS.Timeout | undefined;
  #lostSinceMs: number | undefined;
  #terminatedBy: Radio | undefined;

  constructor(medium: LinkMedium, central: Radio, peripheral: Radio, parameters: ConnectionParameters) {
    this.#medium = medium;
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

  /** Adds the connection of one of the two devices, until the link ends or the device abandons it. */
  attach(radio: Radio, end: LinkEnd): void {
    this.#ends.set(radio, end);
  }

  peerOf(radio: Radio): Radio {
    return radio === this.central ? this.peripheral : this.central;
  }

  /** The connection of the other device; undefined if that does not know of the link. */
  otherEnd(radio: Radio): LinkEnd | undefined {
    return this.#ends.get(this.peerOf(radio));
  }

  /** Queues an L2CAP fragment, which crosses at the next connection event that succeeds. */
  send(from: Radio, fragment: Fragment): void {
    if (this.#terminatedBy === from) return;
    this.#directions.find((direction) => direction.from === from)?.queue.push(fragment);
    this.#armEvent();
  }

  /** Sets new parameters for both ends. */
  update(parameters: ConnectionParameters): void {
    this.runProcedure(() => {
      this.#parameters = parameters;
      this.#anchorMs = performance.now();
      this.#lastEvent = 0;
      this.#medium.report({ type: 'updated', link: this });
      for (const end of this.#ends.values()) end.parametersUpdated();
    });
  }

  /** Runs a link layer control procedure at the next connection event, after the data. */
  runProcedure(procedure: () => void): void {
    this.#procedures.push(procedure);
    this.#armEvent();
  }

  /** Ends the link for a reason that the other end receives; if that is out of reach, it ends by supervision. */
  terminate(by: Radio, reason: number): void {
    if (this.#terminatedBy !== undefined) return;
    this.#terminatedBy = by;
    this.runProcedure(() => this.#end(reason));
  }

  /** Detaches an end that was powered off or reset: the other one notices by supervision. */
  abandon(by: Radio): void {
    this.#ends.delete(by);
    if (this.#ends.size > 0) this.reachabilityChanged();
    else this.#end(STATUS.connectionTimeout);
  }

  /** Simulates a lost connection request: the central has a link of which the peripheral does not know. */
  failToEstablish(): void {
    const delayMs = EVENTS_TO_ESTABLISH * this.#parameters.interval * INTERVAL_UNIT_MS;
    this.#supervisionTimer = setTimeout(() => this.#end(STATUS.failedToEstablish), Math.ceil(delayMs));
  }

  /** Ends the link for both ends at once, as after a supervision timeout. */
  drop(): void {
    this.#end(STATUS.connectionTimeout);
  }

  /** Starts or stops supervision after the ends may have lost or regained contact. */
  reachabilityChanged(): void {
    if (this.#isReachable()) {
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

  #isReachable(): boolean {
    const { central, peripheral } = this;
    return this.#ends.has(central) && this.#ends.has(peripheral) && this.#medium.reaches(central, peripheral);
  }

  #supervisionTimeoutMs(): number {
    return this.#parameters.supervisionTimeout * TIMEOUT_UNIT_MS;
  }

  #hasTraffic(): boolean {
    return this.#procedures.length > 0 || this.#directions.some(({ queue }) => queue.length > 0);
  }

  /** Sets a timer for the next connection event if there is anything to do at it. */
  #armEvent(): void {
    if (this.#eventTimer !== undefined || !this.#isReachable() || !this.#hasTraffic()) return;
    const intervalMs = this.#parameters.interval * INTERVAL_UNIT_MS;
    const sinceAnchorMs = performance.now() - this.#anchorMs;
    const event = Math.max(this.#lastEvent, Math.floor(sinceAnchorMs / intervalMs)) + 1;
    // Timers drop fractions of a millisecond: rounded up, no event is early.
    const delayMs = Math.ceil(event * intervalMs - sinceAnchorMs) + this.#medium.conditions.delayMs;
    this.#eventTimer = setTimeout(() => {
      this.#eventTimer = undefined;
      this.#lastEvent = event;
      if (this.#medium.losesPacket()) this.#eventFailed();
      else this.#eventSucceeded();
      this.#armEvent();
    }, delayMs);
  }

  #eventSucceeded(): void {
    this.#lostSinceMs = undefined;
    for (const { from, to, queue } of this.#directions) {
      const crossing = queue.splice(0, PACKETS_PER_EVENT);
      for (const fragment of crossing) this.#carry(to, fragment);
      if (crossing.length > 0) this.#ends.get(from)?.packetsCompleted(crossing.length);
    }
    for (const procedure of this.#procedures.splice(0)) procedure();
  }

  #carry(to: Radio, fragment: Fragment): void {
    if (this.#medium.conditions.stalled) return;
    const carried = tapped(this.#medium.attTaps, fragment, to);
    if (!carried) return;
    this.#medium.report({ type: 'carried', link: this, to, fragment: carried });
    this.#ends.get(to)?.receive(carried);
  }

  #eventFailed(): void {
    this.#lostSinceMs ??= performance.now();
    const lostForMs = performance.now() - this.#lostSinceMs;
    if (lostForMs >= this.#supervisionTimeoutMs()) this.#end(STATUS.connectionTimeout);
  }

  /** Ends the link: the end that terminated it gets "by local host", the other one `reason`. */
  #end(reason: number): void {
    clearTimeout(this.#eventTimer);
    clearTimeout(this.#supervisionTimer);
    this.#medium.linkEnded(this, reason);
    for (const [radio, end] of this.#ends)
      end.ended(radio === this.#terminatedBy ? STATUS.localHostTerminated : reason);
    this.#ends.clear();
  }
}
