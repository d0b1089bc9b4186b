import type { EventOf } from '../../world/trace/event.ts';
import type { ProcessSpan } from './processes.ts';
import type { Span } from './span.ts';

/** A BLE connection between the Pi and the scooter, as seen on the air. */
export interface Link extends Span {
  /** When it had ended for the scooter as well: that advertises again after this. */
  readonly releasedMs: number;
  /** The client process that opened it. */
  readonly process: ProcessSpan | undefined;
  /** Reason of its end, as in the Disconnection Complete of the other host; undefined while it is up. */
  readonly reason: number | undefined;
  /** Supervision timeouts in order of time. */
  readonly supervision: readonly { readonly fromMs: number; readonly supervisionMs: number }[];
  /** Times of accepted logins. */
  readonly loginsMs: readonly number[];
  /** Number of replies that the scooter sent. */
  readonly replyCount: number;
  /** Number of completed poll cycles. */
  readonly cycleCount: number;
  /** Resources of the client when the link came up. */
  readonly census: EventOf<'census'> | undefined;
}

interface OpenLink {
  readonly beginMs: number;
  endMs: number;
  reason: number | undefined;
  releasedMs: number;
  readonly process: ProcessSpan | undefined;
  readonly supervision: { fromMs: number; supervisionMs: number }[];
  readonly loginsMs: number[];
  replyCount: number;
  cycleCount: number;
  census: EventOf<'census'> | undefined;
}

/** Collects the links of a trace. */
export class LinkLog {
  readonly links: OpenLink[] = [];
  #open: OpenLink[] = [];

  /** The newest link that is up. */
  get current(): OpenLink | undefined {
    return this.#open.at(-1);
  }

  up({ atMs, supervisionMs }: EventOf<'link.up'>, process: ProcessSpan | undefined): void {
    const link: OpenLink = {
      beginMs: atMs,
      endMs: Infinity,
      reason: undefined,
      releasedMs: Infinity,
      process,
      supervision: [{ fromMs: atMs, supervisionMs }],
      loginsMs: [],
      replyCount: 0,
      cycleCount: 0,
      census: undefined,
    };
    this.links.push(link);
    this.#open.push(link);
  }

  updated({ atMs, supervisionMs }: EventOf<'link.updated'>): void {
    this.current?.supervision.push({ fromMs: atMs, supervisionMs });
  }

  /** Ends a link, and returns it. A failed attempt also records this event, but has no link. */
  down({ atMs, reason }: EventOf<'link.down'>): Link | undefined {
    const link = this.#open.shift();
    if (!link) return undefined;
    link.endMs = link.releasedMs = atMs;
    link.reason = reason;
    return link;
  }

  /** The scooter notices the end of a link later than the Pi. */
  released({ atMs }: EventOf<'link.released'>): void {
    const link = this.links.at(-1);
    if (link) link.releasedMs = atMs;
  }

  login({ atMs, ok }: EventOf<'login'>): void {
    if (ok) this.current?.loginsMs.push(atMs);
  }

  /** Keeps only the census at the start of a link: others are not comparable. */
  setCensus(census: EventOf<'census'>): void {
    const link = this.current;
    if (link?.beginMs === census.atMs) link.census ??= census;
  }
}
