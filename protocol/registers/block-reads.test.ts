import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_READ_BYTES, type RegisterMessage } from '../message.ts';
import { KEYSTREAM_PROBE } from '../xor-keystream.ts';
import { type BlockRead, blockReads, joinReplies } from './block-reads.ts';
import { blockReadRequest, byteAddress, decodeBlock } from './codec.ts';
import { type Block, BLOCKS } from './table.ts';

const ALL: readonly Block[] = [...Object.values(BLOCKS), KEYSTREAM_PROBE];
const block = fc.constantFrom(...ALL);
const limit = fc.integer({ min: 4, max: MAX_READ_BYTES });

const rangeOf = ({ request, offset }: { request: RegisterMessage; offset: number }) => ({
  start: offset,
  end: offset + (request.data[0] ?? 0),
});

/** The reply to a read of a block whose contents are `memory`. */
function replyFrom(memory: Buffer, { block: { register }, request }: BlockRead): Buffer {
  const start = 2 * (request.register - register);
  return memory.subarray(start, start + (request.data[0] ?? 0));
}

describe('the reads of a block', () => {
  it('are one if they may be as long as the block', () => {
    for (const each of ALL) {
      expect(blockReads(each, each.bytes)).toEqual([
        { block: each, request: blockReadRequest(each), offset: 0 },
      ]);
    }
  });

  it('of the live block, in replies of up to 9 bytes, skip what has no meaning', () => {
    const reads = blockReads(BLOCKS.live, 9).map(({ request }) => [request.register, request.data[0]]);
    expect(reads).toEqual([
      [0xb0, 8],
      [0xb4, 6],
      [0xb7, 8],
      [0xbb, 2],
    ]);
  });

  it('have at most the allowed length, are inside the block, and cover each row; no number is split', () => {
    fc.assert(
      fc.property(block, limit, (whole, maxBytes) => {
        const ranges = blockReads(whole, maxBytes).map(rangeOf);
        for (const { start, end } of ranges) {
          expect(end - start).toBeGreaterThan(0);
          expect(end - start).toBeLessThanOrEqual(maxBytes);
          expect(end).toBeLessThanOrEqual(whole.bytes);
        }
        for (const row of Object.values(whole.rows)) {
          const first = byteAddress(row) - 2 * whole.register;
          const isIn = (from: number, to: number): boolean =>
            ranges.some(({ start, end }) => start <= from && to <= end);
          if (row.kind === 'number') expect(isIn(first, first + row.bytes)).toBe(true);
          for (let at = first; at < first + row.bytes; at++) expect(isIn(at, at + 1)).toBe(true);
        }
      }),
    );
  });

  it('yield the same values as one read of the block', () => {
    fc.assert(
      fc.property(block, limit, fc.infiniteStream(fc.nat(0xff)), (whole, maxBytes, random) => {
        const memory = Buffer.from([...random.take(whole.bytes)]);
        const reads = blockReads(whole, maxBytes);
        const replies = new Map(reads.map((read) => [read, replyFrom(memory, read)]));
        const joined = joinReplies(reads, replies) ?? expect.unreachable();
        expect(decodeBlock(whole, joined)).toEqual(decodeBlock(whole, memory));
      }),
    );
  });

  it('yield nothing if one of them has no reply', () => {
    fc.assert(
      fc.property(block, limit, fc.nat(), (whole, maxBytes, chosen) => {
        const reads = blockReads(whole, maxBytes);
        const replies = new Map(reads.map((read) => [read, replyFrom(Buffer.alloc(whole.bytes), read)]));
        const missing = reads[chosen % reads.length];
        if (missing) replies.delete(missing);
        expect(joinReplies(reads, replies)).toBeUndefined();
      }),
    );
  });
});
