import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;
/** Of a nonce; what is left of a block counts bytes in three. */
export const NONCE_BYTES = 12;
/** By which a message shows that it was sealed with this key. */
export const TAG_BYTES = 4;
/** Room for the longest message of a frame, 260 bytes, in whole blocks. */
const MAX_MESSAGE_BYTES = 272;

/** First byte of the blocks that are encrypted to a key stream: three bytes of counter (RFC 3610, 2.3). */
const STREAM_FLAGS = 2;
/** First byte of the block that a tag begins with: a tag of four bytes, three bytes of length (RFC 3610, 2.2). */
const TAG_FLAGS = (((TAG_BYTES - 2) / 2) << 3) | STREAM_FLAGS;

const allocateBlocks = (): Buffer => Buffer.alloc(BLOCK_BYTES + MAX_MESSAGE_BYTES);

/**
 * AES-128 in CCM mode (RFC 3610) with nonces of 12 bytes, tags of 4, and nothing but the message under the seal. Made for
 * many short messages with one key: `aes-128-ccm` of node:crypto wants a cipher for each, which costs more than to use it.
 */
export class Ccm {
  readonly #ecb: ReturnType<typeof createCipheriv>;
  readonly #cbc: ReturnType<typeof createCipheriv>;
  /** The last block out of the chain: taken back from what goes in next, it lets the chain begin anew. */
  #lastBlock: Buffer = Buffer.alloc(BLOCK_BYTES);
  readonly #counterBlocks = allocateBlocks();
  readonly #macInput = allocateBlocks();

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.#ecb = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#cbc = createCipheriv('aes-128-cbc', key, this.#lastBlock).setAutoPadding(false);
  }

  /** The message encrypted, and its tag. A nonce must never be used twice with one key. */
  seal(nonce: Buffer, message: Buffer): Buffer {
    const stream = this.#keyStream(nonce, message.length);
    const sealed = Buffer.allocUnsafe(message.length + TAG_BYTES);
    xor(message, stream, BLOCK_BYTES, sealed, 0, message.length);
    xor(this.#tag(nonce, message), stream, 0, sealed, message.length, TAG_BYTES);
    return sealed;
  }

  /** The message in what was sealed; undefined where it was sealed with another key or nonce, or is damaged. */
  open(nonce: Buffer, sealed: Buffer): Buffer | undefined {
    const length = sealed.length - TAG_BYTES;
    const stream = this.#keyStream(nonce, length);
    const message = Buffer.allocUnsafe(length);
    xor(sealed, stream, BLOCK_BYTES, message, 0, length);
    const tag = this.#tag(nonce, message);
    let difference = 0;
    for (let at = 0; at < TAG_BYTES; at++)
      difference |= byte(tag, at) ^ byte(stream, at) ^ byte(sealed, length + at);
    return difference === 0 ? message : undefined;
  }

  /** What hides the tag, in the first block, and the message, from the second on. */
  #keyStream(nonce: Buffer, length: number): Buffer {
    const bytes = BLOCK_BYTES + roundUpToBlock(length);
    for (let at = 0, count = 0; at < bytes; at += BLOCK_BYTES, count++) {
      this.#counterBlocks[at] = STREAM_FLAGS;
      this.#counterBlocks.set(nonce, at + 1);
      this.#counterBlocks[at + BLOCK_BYTES - 1] = count;
    }
    return this.#ecb.update(this.#counterBlocks.subarray(0, bytes));
  }

  #tag(nonce: Buffer, message: Buffer): Buffer {
    const bytes = BLOCK_BYTES + roundUpToBlock(message.length);
    this.#macInput[0] = TAG_FLAGS;
    this.#macInput.set(nonce, 1);
    this.#macInput.writeUIntBE(message.length, 1 + NONCE_BYTES, BLOCK_BYTES - 1 - NONCE_BYTES);
    this.#macInput.set(message, BLOCK_BYTES);
    this.#macInput.fill(0, BLOCK_BYTES + message.length, bytes);
    xor(this.#macInput, this.#lastBlock, 0, this.#macInput, 0, BLOCK_BYTES);
    this.#lastBlock = this.#cbc.update(this.#macInput.subarray(0, bytes)).subarray(-BLOCK_BYTES);
    return this.#lastBlock;
  }
}

function roundUpToBlock(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function byte(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

/** `bytes` XOR `mask[from…]` into `target[to…]`. */
function xor(bytes: Buffer, mask: Buffer, from: number, target: Buffer, to: number, length: number): void {
  for (let at = 0; at < length; at++) target[to + at] = byte(bytes, at) ^ byte(mask, from + at);
}
