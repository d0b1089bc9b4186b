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
export interface Cycle {
  /** When the last of it did: a sample is due. */
  readonly dueMs: number;
  readonly link: Link;
  /** Where a question was put again, there is more than one answer; the client takes the first that it understands. */
  readonly replies: Readonly<Record<CycleBlock, readonly Reply[]>>;
}

const BLOCK_AT: ReadonlyMap<string, number> = new Map(
  CYCLE_BLOCKS.map((name, index) => [addressOf(BLOCKS[name]), index]),
);

function addressOf({ device, register }: { readonly device: string; readonly register: number }): string {
  return `${device} ${register}`;
}

interface OnTheWay {
  readonly data: string;
  readonly block: number;
}

type Growing = Record<CycleBlock, Reply[]>;

/** Follows the replies over the air, and tells from their order where a cycle is complete. */
export class CycleLog {
  readonly cycles: Cycle[] = [];
  readonly #onTheWay = new Map<number, OnTheWay>();
  #growing: Growing = empty();
  #complete: Growing | undefined;
  #expected = 0;

  sent({ id, device, register, data }: EventOf<'reply.sent'>): void {
    const block = BLOCK_AT.get(addressOf({ device, register }));
    if (block !== undefined) this.#onTheWay.set(id, { data, block });
  }

  /** @returns whether a sample is due now. */
  carried({ id, atMs }: EventOf<'reply.carried'>, link: Link | undefined): boolean {
    const reply = this.#onTheWay.get(id);
    if (!reply || !link) return false;
    this.#onTheWay.delete(id);
    const { block, data } = reply;
    const name = CYCLE_BLOCKS[block];
    // A second answer belongs to the cycle that has asked twice.
    const cycle = block <= this.#expected ? this.#growing : this.#complete;
    if (name) cycle?.[name].push({ id, data, carriedMs: atMs });
    if (block !== this.#expected) return false;
    this.#expected += 1;
    if (this.#expected < CYCLE_BLOCKS.length) return false;
    this.#complete = this.#growing;
    this.cycles.push({ dueMs: atMs, link, replies: this.#growing });
    this.begin();
    return true;
  }

  /** Another link, or another process, begins with another cycle. */
  begin(): void {
    this.#growing = empty();
    this.#expected = 0;
  }

  /** What was on its way is lost. */
  linkEnded(): void {
    this.#onTheWay.clear();
    this.#complete = undefined;
    this.begin();
  }
}

function empty(): Growing {
  return { live: [], battery: [], range: [] };
}
