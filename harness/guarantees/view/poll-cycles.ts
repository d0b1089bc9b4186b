import { BLOCKS } from '../../../protocol/registers/table.ts';
import type { EventOf } from '../../world/trace/event.ts';
import type { Link } from './links.ts';

/** Register blocks that the client reads for a sample, in this order. */
export const CYCLE_BLOCKS = ['live', 'battery', 'range'] as const;

export type CycleBlock = (typeof CYCLE_BLOCKS)[number];

/** A reply of the scooter that has reached the Pi. */
export interface Reply {
  readonly id: number;
  /** Register contents in hex. */
  readonly data: string;
  /** When it was complete. */
  readonly carriedMs: number;
}

/** A complete set of replies for one sample. */
export interface PollCycle {
  /** When the last reply arrived: a sample is due. */
  readonly dueMs: number;
  readonly link: Link;
  /** A repeated request has more than one reply; the client uses the first valid one. */
  readonly replies: Readonly<Record<CycleBlock, readonly Reply[]>>;
}

const BLOCK_INDEX: ReadonlyMap<string, number> = new Map(
  CYCLE_BLOCKS.map((name, index) => [addressOf(BLOCKS[name]), index]),
);

function addressOf({ device, register }: { readonly device: string; readonly register: number }): string {
  return `${device} ${register}`;
}

interface SentReply {
  readonly data: string;
  readonly block: number;
}

type PartialCycle = Record<CycleBlock, Reply[]>;

/** Groups the replies of a trace into poll cycles by their order. */
export class PollCycleLog {
  readonly cycles: PollCycle[] = [];
  readonly #sent = new Map<number, SentReply>();
  #current: PartialCycle = empty();
  #previous: PartialCycle | undefined;
  #nextBlock = 0;

  sent({ id, device, register, data }: EventOf<'reply.sent'>): void {
    const block = BLOCK_INDEX.get(addressOf({ device, register }));
    if (block !== undefined) this.#sent.set(id, { data, block });
  }

  /** @returns whether a sample is due now. */
  carried({ id, atMs }: EventOf<'reply.carried'>, link: Link | undefined): boolean {
    const reply = this.#sent.get(id);
    if (!reply || !link) return false;
    this.#sent.delete(id);
    const { block, data } = reply;
    const name = CYCLE_BLOCKS[block];
    // A second reply belongs to the cycle whose request was repeated.
    const cycle = block <= this.#nextBlock ? this.#current : this.#previous;
    if (name) cycle?.[name].push({ id, data, carriedMs: atMs });
    if (block !== this.#nextBlock) return false;
    this.#nextBlock += 1;
    if (this.#nextBlock < CYCLE_BLOCKS.length) return false;
    this.#previous = this.#current;
    this.cycles.push({ dueMs: atMs, link, replies: this.#current });
    this.reset();
    return true;
  }

  /** Starts a new cycle, on a new link or in a new process. */
  reset(): void {
    this.#current = empty();
    this.#nextBlock = 0;
  }

  /** Discards replies that have not arrived. */
  linkEnded(): void {
    this.#sent.clear();
    this.#previous = undefined;
    this.reset();
  }
}

function empty(): PartialCycle {
  return { live: [], battery: [], range: [] };
}
