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
  /** The link has ended for its central, or for the peripheral if the central had abandoned it. */
  | { readonly type: 'ended'; readonly link: Link; readonly reason: number }
  /** It has ended for the peripheral as well, but later. */
  | { readonly type: 'released'; readonly link: Link };

/** What a link needs of the air. */
export interface LinkMedium {
  readonly conditions: { readonly delayMs: number; readonly stalled: boolean };
  readonly model: { readonly losesDirections: boolean };
  readonly attTaps: ReadonlySet<AttTap>;
  reaches(from: Radio, to: Radio): boolean;
  losesPacket(): boolean;
  readonly report: (event: LinkEvent) => void;
  /** Called once no end of the link is left. */
  linkEnded(link: Link): void;
}

/** The packets of one end that the other one has not acknowledged yet. */
interface Direction {
  readonly from: Radio;
  readonly to: Radio;
  readonly queue: Fragment[];
  /** How many of them the other end has received already: they are sent again, and it discards them. */
  received: number;
}

/** Whether an end still receives the other one. */
interface Supervision {
  /** Runs while the other end is out of reach. */
  timer?: NodeJS.Timeout | undefined;
  /** When the timer expires. */
  deadlineMs: number;
  /** Time of the first of the connection events that this end has lost since it received a packet. */
  lostSinceMs: number | undefined;
}

/**
 * A connection between two devices. Data cross at connection events only; lost packets are sent again at the next
 * event, so a live link loses no data. An end that receives nothing for the supervision timeout loses the link; each end
 * notices that by itself, and the peripheral does so later if the central could not receive it at first. An idle link
 * runs no timer.
 */
export class Link {
  readonly central: Radio;
  readonly peripheral: Radio;
  readonly #medium: LinkMedium;
  readonly #ends = new Map<Radio, LinkEnd>();
  readonly #supervisions = new Map<Radio, Supervision>();
  readonly #directions: readonly [Direction, Direction];
  /** Link layer control procedures that wait for the next connection event. */
  readonly #procedures: (() => void)[] = [];
  #parameters: ConnectionParameters;
  /** Connection events lie at whole intervals after this time; `#lastEvent` counts those that have passed. */
  #anchorMs = performance.now();
  #lastEvent = 0;
  #eventTimer: NodeJS.Timeout | undefined;
  #establishmentTimer: NodeJS.Timeout | undefined;
  #terminatedBy: Radio | undefined;
  #isReported = false;

  constructor(medium: LinkMedium, central: Radio, peripheral: Radio, parameters: ConnectionParameters) {
    this.#medium = medium;
    this.central = central;
    this.peripheral = peripheral;
    this.#parameters = parameters;
    this.#directions = [
      { from: central, to: peripheral, queue: [], received: 0 },
      { from: peripheral, to: central, queue: [], received: 0 },
    ];
  }

  get parameters(): ConnectionParameters {
    return this.#parameters;
  }

  /** Adds the connection of one of the two devices, until the link ends or the device abandons it. */
  attach(radio: Radio, end: LinkEnd): void {
    this.#ends.set(radio, end);
    this.#supervisions.set(radio, { deadlineMs: Infinity, lostSinceMs: undefined });
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
    this.#detach(by);
    if (this.#ends.size > 0) this.reachabilityChanged();
    else this.#end(STATUS.connectionTimeout);
  }

  /** Simulates a lost connection request: the central has a link of which the peripheral does not know. */
  failToEstablish(): void {
    const delayMs = EVENTS_TO_ESTABLISH * this.#parameters.interval * INTERVAL_UNIT_MS;
    this.#establishmentTimer = setTimeout(() => this.#end(STATUS.failedToEstablish), Math.ceil(delayMs));
  }

  /** Ends the link for both ends at once, or for its central only, as after a supervision timeout. */
  drop(whose: 'both' | 'central' = 'both'): void {
    if (whose === 'both') this.#end(STATUS.connectionTimeout);
    else this.#endFor([this.central], STATUS.connectionTimeout);
  }

  /** Starts or stops supervision after the ends may have lost or regained contact. */
  reachabilityChanged(): void {
    if (this.#establishmentTimer) return;
    for (const [radio, supervision] of this.#supervisions) {
      if (this.#receives(radio)) {
        clearTimeout(supervision.timer);
        supervision.timer = undefined;
        supervision.deadlineMs = Infinity;
      } else if (!supervision.timer) {
        const timeoutMs = this.#supervisionTimeoutMs();
        supervision.deadlineMs = performance.now() + timeoutMs;
        supervision.timer = setTimeout(() => this.#expire(radio), timeoutMs);
      }
    }
    if (!this.#receives(this.peripheral)) {
      clearTimeout(this.#eventTimer);
      this.#eventTimer = undefined;
    }
    this.#armEvent();
  }

  /** Whether an end receives the other one: a peripheral responds only to what it receives. */
  #receives(radio: Radio): boolean {
    const { central, peripheral } = this;
    if (!this.#ends.has(central) || !this.#ends.has(peripheral)) return false;
    if (!this.#medium.reaches(central, peripheral)) return false;
    return radio === peripheral || this.#medium.reaches(peripheral, central);
  }

  /** Ends the link for those ends whose supervision timeout has expired. @param expired the one whose timer has */
  #expire(expired?: Radio): void {
    const nowMs = performance.now();
    // In real time a timer may expire a fraction of a millisecond before its deadline.
    const isDue = ([radio, { deadlineMs }]: [Radio, Supervision]): boolean =>
      radio === expired || deadlineMs <= nowMs;
    const ends = [...this.#supervisions].filter(isDue).map(([radio]) => radio);
    if (ends.length > 0) this.#endFor(ends, STATUS.connectionTimeout);
  }

  #supervisionTimeoutMs(): number {
    return this.#parameters.supervisionTimeout * TIMEOUT_UNIT_MS;
  }

  #hasTraffic(): boolean {
    return this.#procedures.length > 0 || this.#directions.some(({ queue }) => queue.length > 0);
  }

  /** Sets a timer for the next connection event if there is anything to do at it. */
  #armEvent(): void {
    if (this.#eventTimer !== undefined || !this.#receives(this.peripheral) || !this.#hasTraffic()) return;
    const intervalMs = this.#parameters.interval * INTERVAL_UNIT_MS;
    const sinceAnchorMs = performance.now() - this.#anchorMs;
    const event = Math.max(this.#lastEvent, Math.floor(sinceAnchorMs / intervalMs)) + 1;
    // Timers drop fractions of a millisecond: rounded up, no event is early.
    const delayMs = Math.ceil(event * intervalMs - sinceAnchorMs) + this.#medium.conditions.delayMs;
    this.#eventTimer = setTimeout(() => {
      this.#eventTimer = undefined;
      this.#lastEvent = event;
      this.#runEvent();
      this.#armEvent();
    }, delayMs);
  }

  /** Exchanges packets: the central sends, and the peripheral responds if it has received that. */
  #runEvent(): void {
    const { model } = this.#medium;
    const isHeard = !this.#medium.losesPacket();
    const isAnswered =
      isHeard && this.#receives(this.central) && !(model.losesDirections && this.#medium.losesPacket());
    this.#supervise(this.peripheral, isHeard);
    this.#supervise(this.central, isAnswered);
    this.#expire();
    const [toPeripheral, toCentral] = this.#directions;
    if (isHeard) this.#transfer(toPeripheral, isAnswered);
    if (!isAnswered) return;
    this.#transfer(toCentral, true);
    for (const procedure of this.#procedures.splice(0)) procedure();
  }

  /** Carries the next packets of a direction; without an acknowledgement they will be sent again. */
  #transfer(direction: Direction, isAcknowledged: boolean): void {
    const { from, to, queue } = direction;
    const crossing = queue.slice(0, PACKETS_PER_EVENT);
    const before = direction.received;
    direction.received = Math.max(before, crossing.length);
    if (isAcknowledged) {
      queue.splice(0, crossing.length);
      direction.received -= crossing.length;
    }
    for (const fragment of crossing.slice(before)) this.#carry(to, fragment);
    if (isAcknowledged && crossing.length > 0) this.#ends.get(from)?.packetsCompleted(crossing.length);
  }

  #carry(to: Radio, fragment: Fragment): void {
    if (this.#medium.conditions.stalled) return;
    const carried = tapped(this.#medium.attTaps, fragment, to);
    if (!carried) return;
    this.#medium.report({ type: 'carried', link: this, to, fragment: carried });
    this.#ends.get(to)?.receive(carried);
  }

  /** Notes whether an end has received a packet at a connection event. */
  #supervise(radio: Radio, hasReceived: boolean): void {
    const supervision = this.#supervisions.get(radio);
    if (!supervision || supervision.timer) return;
    const nowMs = performance.now();
    supervision.lostSinceMs = hasReceived ? undefined : (supervision.lostSinceMs ?? nowMs);
    supervision.deadlineMs = (supervision.lostSinceMs ?? Infinity) + this.#supervisionTimeoutMs();
  }

  /** Ends the link for both ends. */
  #end(reason: number): void {
    this.#endFor([...this.#ends.keys()], reason);
  }

  /** Ends the link for some of its ends: the one that terminated it gets "by local host", the others `reason`. */
  #endFor(radios: readonly Radio[], reason: number): void {
    const ended = radios.flatMap((radio) => {
      const end = this.#ends.get(radio);
      return end ? [{ radio, end }] : [];
    });
    for (const { radio } of ended) this.#detach(radio);
    const isOver = this.#ends.size === 0;
    if (isOver) {
      clearTimeout(this.#eventTimer);
      clearTimeout(this.#establishmentTimer);
      this.#medium.linkEnded(this);
    }
    if (!this.#ends.has(this.central)) this.#report(isOver, reason);
    for (const { radio, end } of ended)
      end.ended(radio === this.#terminatedBy ? STATUS.localHostTerminated : reason);
    if (!isOver) this.reachabilityChanged();
  }

  #report(isOver: boolean, reason: number): void {
    if (!this.#isReported) this.#medium.report({ type: 'ended', link: this, reason });
    else if (isOver) this.#medium.report({ type: 'released', link: this });
    this.#isReported = true;
  }

  #detach(radio: Radio): void {
    clearTimeout(this.#supervisions.get(radio)?.timer);
    this.#supervisions.delete(radio);
    this.#ends.delete(radio);
  }
}
