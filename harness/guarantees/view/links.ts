import type { EventOf } from '../../world/trace/event.ts';
import type { Life } from './lives.ts';
import type { Span } from './span.ts';

/** A connection between the Pi and the scooter, as the air saw it. */
export interface Link extends Span {
  /** The process of the client that made it. */
  readonly life: Life | undefined;
  /** The supervision timeouts that were in force, in order. */
  readonly supervision: readonly { readonly fromMs: number; readonly supervisionMs: number }[];
  /** When the scooter accepted a login. */
  readonly loginsMs: readonly number[];
  /** Replies that the scooter sent. */
  readonly replyCount: number;
  /** Poll cycles that the air carried to their ends. */
  readonly cycleCount: number;
  /** What the client held when it came up. */
  readonly census: EventOf<'census'> | undefined;
}

interface OpenLink {
  readonly beginMs: number;
  endMs: number;
  readonly life: Life | undefined;
  readonly supervision: { fromMs: number; supervisionMs: number }[];
  readonly loginsMs: number[];
  replyCount: number;
  cycleCount: number;
  census: EventOf<'census'> | undefined;
}

/** Follows the connections. */
export class LinkLog {
  readonly links: OpenLink[] = [];
  #open: OpenLink[] = [];

  /** The newest one that is up. */
  get current(): OpenLink | undefined {
    return this.#open.at(-1);
  }

  up({ atMs, supervisionMs }: EventOf<'link.up'>, life: Life | undefined): void {
    const link: OpenLink = {
      beginMs: atMs,
      endMs: Infinity,
      life,
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

  /** A connection that never came up ends as well; it is none. */
  down({ atMs }: EventOf<'link.down'>): void {
    const link = this.#open.shift();
    if (link) link.endMs = atMs;
  }

  login({ atMs, ok }: EventOf<'login'>): void {
    if (ok) this.current?.loginsMs.push(atMs);
  }

  /** Later ones are of other moments, and are not to be compared. */
  setCensus(census: EventOf<'census'>): void {
    const link = this.current;
    if (link?.beginMs === census.atMs) link.census ??= census;
  }
}
