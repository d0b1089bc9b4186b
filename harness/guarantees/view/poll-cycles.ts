import { BLOCKS } from '../../../protocol/registers/table.ts';
import type { EventOf } from '../../world/trace/event.ts';
import type { Link } from './links.ts';

/** What the client reads for a sample, in this order. */
export const CYCLE_BLOCKS = ['live', 'battery', 'range'] as const;

export type CycleBlock = (typeof CYCLE_BLOCKS)[number];

/** What the registers of a block held when the scooter replied, in hex. */
export interface Reply {
  readonly id: number;
  readonly data: string;
  /** When all of it had reached the Pi. */
  readonly carriedMs: number;
}

/** Everything that a sample needs has reached the Pi. */
export interface PollCycle {
  /** When the last of it did: a sample is due. */
  readonly dueMs: number;
  readonly link: Link;
  /** Where a question was put again, there is more than one answer; the client takes the first that it understands. */
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

/** Follows the replies over the air, and tells from their order where a cycle is complete. */
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
    // A second answer belongs to the cycle that has asked twice.
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

  /** Another link, or another process, begins with another cycle. */
  reset(): void {
    this.#current = empty();
    this.#nextBlock = 0;
  }

  /** What was on its way is lost. */
  linkEnded(): void {
    this.#sent.clear();
    this.#previous = undefined;
    this.reset();
  }
}

function empty(): PartialCycle {
  return { live: [], battery: [], range: [] };
}
