import type { PolledBlock } from './blocks.ts';

const REGISTER_BYTES = 2;

/**
 * Assembles the contents of a block from replies to reads of its parts: a client that knows only the beginning of a
 * keystream reads blocks in this way.
 */
export class PartAssembler {
  readonly #block: PolledBlock;
  /** Replies by their offset in the block, oldest first; a repeated request has several. */
  readonly #replies = new Map<number, readonly Buffer[]>();

  constructor(block: PolledBlock) {
    this.#block = block;
  }

  /**
   * Adds a reply to a read from `register` on.
   * @returns the contents that the block may have with this reply: none until all of its values are known, several if the
   *   request for another part was repeated. What has no meaning is zero.
   */
  add(register: number, data: Buffer): readonly Buffer[] {
    const offset = REGISTER_BYTES * (register - this.#block.register);
    if (offset === 0 && (this.#replies.size > 1 || data.length >= this.#block.bytes)) this.reset();
    if (data.length >= this.#block.bytes) return [data];
    this.#replies.set(offset, [...(this.#replies.get(offset) ?? []), data]);
    return this.#isComplete ? this.#combinations(offset, data) : [];
  }

  /** Discards the parts that have arrived. */
  reset(): void {
    this.#replies.clear();
  }

  get #isComplete(): boolean {
    for (let at = 0; at < this.#block.usedBytes; at++) {
      const isKnown = [...this.#replies].some(
        ([offset, [data]]) => offset <= at && at < offset + (data?.length ?? 0),
      );
      if (!isKnown) return false;
    }
    return true;
  }

  #combinations(offset: number, data: Buffer): Buffer[] {
    let contents = [withPart(Buffer.alloc(this.#block.bytes), offset, data)];
    for (const [other, replies] of this.#replies) {
      if (other === offset) continue;
      contents = contents.flatMap((each) => replies.map((reply) => withPart(each, other, reply)));
    }
    return contents;
  }
}

function withPart(contents: Buffer, offset: number, data: Buffer): Buffer {
  const copy = Buffer.from(contents);
  data.copy(copy, offset);
  return copy;
}
