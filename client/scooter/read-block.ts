import { type BlockRead, blockReads, joinReplies } from '../../protocol/registers/block-reads.ts';
import type { Block } from '../../protocol/registers/table.ts';
import type { Session } from './session.ts';

/**
 * Reads a block in as many requests as the codec of the link requires.
 * @throws what `Session.request` throws.
 */
export async function readBlock(session: Session, block: Block): Promise<Buffer> {
  const reads = blockReads(block, session.maxReadBytes);
  const replies = new Map<BlockRead, Buffer>();
  for (const read of reads) replies.set(read, await session.request(read.request));
  return joinReplies(reads, replies) ?? Buffer.alloc(0);
}
