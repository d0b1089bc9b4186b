import type { EventOf } from '../../world/trace/event.ts';
import { blockAt, CYCLE_BLOCKS, POLLED_BLOCKS, type CycleBlock } from './blocks.ts';
import type { Link } from './links.ts';
import { PartAssembler } from './part-assembler.ts';

/** A block that has reached the Pi, in one reply or in several. */
export interface Reply {
  /** Number of the reply, or of the last of them. */
  readonly id: number;
  /** Register contents in hex. */
  readonly data: string;
  /** When it was complete. */
  readonly carriedMs: number;
  /** Whether the block was silent before: the client has asked between two samples, and may take neither for it. */
  readonly isToRetry: boolean;
}

/** A set of replies for one sample: of every block that is not silent. */
export interface PollCycle {
  /** When the last reply arrived: a sample is due. */
  readonly dueMs: number;
  readonly link: Link;
  /** A repeated request has more than one reply; the client uses the first valid one. */
  readonly replies: Readonly<Record<CycleBlock, readonly Reply[]>>;
}

/** The replies to a block that had arrived when the sample was due. Without one, the client knows no value. */
export function repliesInTime({ dueMs, replies }: PollCycle, block: CycleBlock): readonly Reply[] {
  return replies[block].filter(({ carriedMs }) => carriedMs <= dueMs);
}

/** A block counts as silent if, in one cycle, it is not answered, and neither after the next reply to another one. */
const SILENT_AFTER = 2;

interface SentReply {
  readonly register: number;
  readonly data: string;
  readonly block: number;
  readonly sentMs: number;
  /** When the request reached the scooter. */
  readonly askedMs: number;
}

type PartialCycle = Record<CycleBlock, Reply[]>;

/** Groups the replies of a trace into poll cycles by their order. */
export class PollCycleLog {
  readonly cycles: PollCycle[] = [];
  readonly #sent = new Map<number, SentReply>();
  /** Number of times that a block was not answered, by index; requests without a reply in between count once. */
  readonly #withheld = new Map<number, number>();
  /** Blocks that were not answered since the last reply, each with the number of the last reply sent before. */
  readonly #waiting = new Map<number, number>();
  #lastSent = -1;
  readonly #parts = CYCLE_BLOCKS.map((name) => new PartAssembler(POLLED_BLOCKS[name]));
  /**
   * Number of times that a block was asked for in vain in this cycle, by index, besides those above, and of faults that lose
   * requests unseen.
   */
  readonly #lost = new Map<number, number>();
  #lossCount = 0;
  #current: PartialCycle = empty();
  /** Replies of this cycle to blocks before which another one has not been answered. */
  #early: PartialCycle = empty();
  #previous: PartialCycle | undefined;
  #link: Link | undefined;
  #nextBlock = 0;
  /**
   * The block whose second reply has completed the previous cycle: it tells the client that another one is silent. If that
   * reply has reached the adapter, but not the client, it is asked for again.
   */
  #closing: number | undefined;
  /** Replies that had been sent, but not carried, when the previous cycle was complete. */
  #inTransit: ReadonlySet<number> = new Set();
  /** Whether a reply has completed the previous cycle, and no sample was stored since. */
  #isSampleDue = false;
  /** Whether this cycle has a second reply to the request of the previous one, which the client may have used. */
  #hasSecond = false;
  /** The block whose second reply the client has used for the previous cycle: the reply to its own request is to come. */
  #superseded: number | undefined;
  /** Number of faults that keep replies from the client although they have reached its adapter. */
  #muteCount = 0;
  /** When the previous cycle was complete, and when the latest reply arrived after which the next block is requested. */
  #completedMs = -Infinity;
  #carriedMs = -Infinity;
  readonly #requestTimeoutMs: number;

  /** @param requestTimeoutMs the shortest time after which the client requests a block although another one is not answered */
  constructor(requestTimeoutMs: number) {
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  adapterMuted(isBegin: boolean): void {
    this.#muteCount += isBegin ? 1 : -1;
  }

  /** A fault loses data on the link, and with them requests of which no other event tells. */
  stalled(): void {
    this.#lossCount += 1;
  }

  sent({ id, device, register, data, atMs, waitedMs = 0 }: EventOf<'reply.sent'>): void {
    const block = blockAt(device, register);
    this.#lastSent = id;
    if (block < 0) return;
    this.#sent.set(id, { register, data, block, sentMs: atMs, askedMs: atMs - waitedMs });
  }

  withheld({ device, register }: EventOf<'reply.withheld'>): void {
    const block = blockAt(device, register);
    if (block < 0) return;
    const after = this.#waiting.get(block);
    if (after === undefined) {
      this.#waiting.set(block, this.#lastSent);
      this.#withheld.set(block, (this.#withheld.get(block) ?? 0) + 1);
    } else if (this.#isAnotherSentAfter(after, block)) this.#countLost(block);
  }

  /** @returns whether a sample is due now. */
  carried({ id, atMs }: EventOf<'reply.carried'>, link: Link | undefined): boolean {
    const reply = this.#sent.get(id);
    // A reply that does not reach the client counts as lost with the next one.
    if (!reply || !link || this.#muteCount > 0) return false;
    this.#loseBefore(id);
    const { block, register, data } = reply;
    // The reply to an earlier request does not end the wait for a block.
    for (const [waiting, lastSent] of this.#waiting) if (lastSent < id) this.#waiting.delete(waiting);
    const isToRetry = this.#isSilent(block);
    const contents = this.#parts[block]?.add(register, Buffer.from(data, 'hex')) ?? [];
    if (contents.length === 0) return false;
    this.#withheld.delete(block);
    const nextBlock = this.#notSilentFrom(this.#nextBlock);
    const name = CYCLE_BLOCKS[block];
    this.#link = link;
    // A request that follows the completion reaches the scooter later: one of that moment has been repeated before.
    const wasAsked = reply.askedMs <= this.#completedMs;
    const isSecond = this.#isOnly(block) && (wasAsked || this.#inTransit.has(id));
    const isLate = !this.#isOnly(block) && (wasAsked || (block === nextBlock && this.#isTooSoon(reply)));
    const isSuperseded = block === this.#superseded;
    this.#superseded = undefined;
    const isCurrent = block <= nextBlock && !isSecond && !isLate && !isSuperseded;
    // A second reply belongs to the cycle whose request was repeated, unless that is the current one; but if the client has
    // requested the block again by now, it takes a late one for that of the current cycle.
    const cycles = isCurrent ? [this.#current] : [this.#previous, isLate ? this.#current : this.#early];
    if (block === this.#closing) cycles.push(this.#previous);
    else this.#closing = undefined;
    if (name) {
      const replies = contents.map((bytes): Reply => ({
        id,
        data: bytes.toString('hex'),
        carriedMs: atMs,
        isToRetry,
      }));
      for (const cycle of cycles) cycle?.[name].push(...replies);
    }
    // If the client has asked for the only block again by now, it takes the reply for that of the next poll.
    if (isSecond) this.#hasSecond = true;
    if (isSecond || isLate || isSuperseded) return false;
    if (block === nextBlock) {
      this.#nextBlock = block + 1;
      this.#carriedMs = atMs;
    }
    const isComplete = this.#nextBlock > 0 && this.#notSilentFrom(this.#nextBlock) >= CYCLE_BLOCKS.length;
    if (isComplete) {
      this.#closing = block < nextBlock ? block : undefined;
      this.#complete(this.#current, atMs, link);
      this.#isSampleDue = true;
    }
    return isComplete;
  }

  /**
   * A sample was stored or delivered: the client may have waited in vain for the second reply to a block that it had asked
   * again, or have used the second reply to the request of the previous poll, or take a block for silent whose requests or
   * replies were lost.
   * @returns whether it is due
   */
  taken({ atMs }: Pick<EventOf<'taken'>, 'atMs'>): boolean {
    const isOfPrevious = this.#hasSecond && this.#isSampleDue;
    this.#isSampleDue = false;
    if (isOfPrevious) return false;
    const replies = merged(this.#current, this.#early);
    const answered = CYCLE_BLOCKS.filter((name) => replies[name].length > 0);
    const unanswered = CYCLE_BLOCKS.filter((name) => replies[name].length === 0);
    const blocks = unanswered.map((name) => CYCLE_BLOCKS.indexOf(name));
    const isDue =
      answered.length > 0 && blocks.every((block) => this.#isSilent(block) || this.#seemsSilent(block));
    if (!isDue || !this.#link) return isDue;
    for (const block of blocks) this.#withheld.set(block, SILENT_AFTER);
    const second = this.#hasSecond ? this.#notSilentFrom(0) : undefined;
    this.#complete(replies, atMs, this.#link);
    if (this.#inTransit.size === 0) this.#superseded = second;
    return true;
  }

  #complete(replies: PartialCycle, dueMs: number, link: Link): void {
    this.#previous = replies;
    this.#completedMs = dueMs;
    this.#inTransit = new Set(this.#sent.keys());
    this.cycles.push({ dueMs, link, replies });
    for (const [silent, times] of this.#withheld) if (times < SILENT_AFTER) this.#withheld.delete(silent);
    this.reset();
  }

  /** Starts a new cycle, on a new link or in a new process. */
  reset(): void {
    this.#current = empty();
    this.#early = empty();
    this.#nextBlock = 0;
    this.#carriedMs = -Infinity;
    this.#hasSecond = false;
    this.#lost.clear();
    this.#lossCount = 0;
    for (const parts of this.#parts) parts.reset();
  }

  /** Discards replies that have not arrived, and what is known about silent blocks. */
  linkEnded(): void {
    this.#sent.clear();
    this.#withheld.clear();
    this.#waiting.clear();
    this.#previous = undefined;
    this.#completedMs = -Infinity;
    this.#closing = undefined;
    this.#superseded = undefined;
    this.reset();
  }

  /**
   * A link preserves order: what was sent before a reply that has arrived is lost. Replies to one block without another one
   * in between count once: the request was repeated.
   */
  #loseBefore(id: number): void {
    let last: number | undefined;
    for (const [other, { block }] of this.#sent) {
      if (other > id) continue;
      this.#sent.delete(other);
      if (other === id || block === last) continue;
      last = block;
      this.#countLost(block);
    }
  }

  #countLost(block: number): void {
    this.#lost.set(block, (this.#lost.get(block) ?? 0) + 1);
  }

  /** Whether the reply to another block is on its way that was sent after a certain one: the client has gone on to it. */
  #isAnotherSentAfter(after: number, than: number): boolean {
    return [...this.#sent].some(([id, { block }]) => id > after && block !== than);
  }

  /**
   * Whether the scooter has answered before the reply arrived after which its block would have been requested, and so soon
   * after the previous cycle that no request has timed out since: it was requested in that one, and delayed by the radio.
   */
  #isTooSoon({ sentMs }: SentReply): boolean {
    return sentMs < this.#carriedMs && sentMs < this.#completedMs + this.#requestTimeoutMs;
  }

  /** Whether enough was lost for the client to have missed a block as many times as if it were silent. */
  #seemsSilent(block: number): boolean {
    const lost = (this.#lost.get(block) ?? 0) + (this.#withheld.get(block) ?? 0);
    return lost + this.#lossCount >= SILENT_AFTER;
  }

  /** The first block from an index on that is not silent. */
  #notSilentFrom(index: number): number {
    let block = index;
    while (block < CYCLE_BLOCKS.length && this.#isSilent(block)) block += 1;
    return block;
  }

  /** Whether a block is the only one that is not silent. */
  #isOnly(block: number): boolean {
    return this.#notSilentFrom(0) === block && this.#notSilentFrom(block + 1) >= CYCLE_BLOCKS.length;
  }

  #isSilent(block: number): boolean {
    return (this.#withheld.get(block) ?? 0) >= SILENT_AFTER;
  }
}

function merged(a: PartialCycle, b: PartialCycle): PartialCycle {
  return {
    live: [...a.live, ...b.live],
    battery: [...a.battery, ...b.battery],
    range: [...a.range, ...b.range],
  };
}

function empty(): PartialCycle {
  return { live: [], battery: [], range: [] };
}
