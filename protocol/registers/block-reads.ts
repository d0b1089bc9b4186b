import { type RegisterMessage, readRequest } from '../message.ts';
import { blockReadRequest, byteAddress } from './codec.ts';
import type { Row } from './row.ts';
import type { Block } from './table.ts';

/** Read of a block, or of a part of it. */
export interface BlockRead {
  readonly block: Block;
  readonly request: RegisterMessage;
  /** Offset of the bytes of the reply in the block. */
  readonly offset: number;
}

/** Bytes of a block, from `start` to `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

const REGISTER_BYTES = 2;

/**
 * Splits a block into reads of at most `maxBytes` (at least 4) that cover all of its rows, in order. A number is never
 * split: it may change between two reads.
 */
export function blockReads(block: Block, maxBytes: number): readonly BlockRead[] {
  if (block.bytes <= maxBytes) return [{ block, request: blockReadRequest(block), offset: 0 }];
  const limit = maxBytes - (maxBytes % REGISTER_BYTES);
  const ranges = Object.values(block.rows)
    .map((row) => wordsOf(row, block))
    .sort((one, other) => one.start - other.start)
    .flatMap((range) => split(range, limit));
  return joined(ranges, limit).map(({ start, end }) => ({
    block,
    request: readRequest(block.device, block.register + start / REGISTER_BYTES, end - start),
    offset: start,
  }));
}

/**
 * Joins the replies to the reads of a block to its contents; undefined if one is missing. What has no meaning may be zero
 * there.
 */
export function joinReplies(
  reads: readonly BlockRead[],
  replies: ReadonlyMap<BlockRead, Buffer>,
): Buffer | undefined {
  const contents = Buffer.alloc(reads[0]?.block.bytes ?? 0);
  for (const read of reads) {
    const reply = replies.get(read);
    if (!reply) return undefined;
    contents.set(reply, read.offset);
  }
  return contents;
}

/** The registers that a row occupies, as far as they are in the block. */
function wordsOf(row: Row, { register, bytes }: Block): Range {
  const offset = byteAddress(row) - REGISTER_BYTES * register;
  const end = offset + row.bytes;
  return {
    start: offset - (offset % REGISTER_BYTES),
    end: Math.min(end + (end % REGISTER_BYTES), bytes),
  };
}

/** Splits a long text. */
function split({ start, end }: Range, limit: number): Range[] {
  const count = Math.ceil((end - start) / limit);
  return Array.from({ length: count }, (_, index) => ({
    start: start + index * limit,
    end: Math.min(start + (index + 1) * limit, end),
  }));
}

/** Joins neighbours as far as the limit allows. */
function joined(ranges: readonly Range[], limit: number): Range[] {
  const result: Range[] = [];
  for (const { start, end } of ranges) {
    const last = result.at(-1);
    if (last && end - last.start <= limit)
      result[result.length - 1] = { start: last.start, end: Math.max(end, last.end) };
    else result.push({ start, end });
  }
  return result;
}
