import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;
/** Of a nonce; what is left of a block counts bytes in three. */
export const NONCE_BYTES = 12;
/** By which a message shows that it was sealed with this key. */
export const TAG_BYTES = 4;
/** Room for the longest message of a frame, 260 bytes, in whole blocks. */
const MAX_BYTES = 272;

/** First byte of the blocks that are encrypted to a key stream: three bytes of counter (RFC 3610, 2.3). */
const STREAM_FLAGS = 2;
/** First byte of the block that a tag begins with: a tag of four bytes, three bytes of length (RFC 3610, 2.2). */
const TAG_FLAGS = (((TAG_BYTES - 2) / 2) << 3) | STREAM_FLAGS;

const buffer = (): Buffer => Buffer.alloc(BLOCK_BYTES + MAX_BYTES);

/**
 * AES-128 in CCM mode (RFC 3610) with nonces of 12 bytes, tags of 4, and nothing but the message under the seal. Made for
 * many short messages with one key: `aes-128-ccm` of node:crypto wants a cipher for each, which costs more than to use it.
 */
export class Ccm {
  readonly #block: ReturnType<typeof createCipheriv>;
  readonly #chain: ReturnType<typeof createCipheriv>;
  /** The last block out of the chain: taken back from what goes in next, it lets the chain begin anew. */
  #chained: Buffer = Buffer.alloc(BLOCK_BYTES);
  readonly #counters = buffer();
  readonly #tagged = buffer();

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.#block = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#chain = createCipheriv('aes-128-cbc', key, this.#chained).setAutoPadding(false);
  }

  /** The message encrypted, and its tag. A nonce must never be used twice with one key. */
  seal(nonce: Buffer, message: Buffer): Buffer {
    const stream = this.#stream(nonce, message.length);
    const sealed = Buffer.allocUnsafe(message.length + TAG_BYTES);
    xor(message, stream, BLOCK_BYTES, sealed, 0, message.length);
    xor(this.#tag(nonce, message), stream, 0, sealed, message.length, TAG_BYTES);
    return sealed;
  }

  /** The message in what was sealed; undefined where it was sealed with another key or nonce, or is damaged. */
  open(nonce: Buffer, sealed: Buffer): Buffer | undefined {
    const length = sealed.length - TAG_BYTES;
    const stream = this.#stream(nonce, length);
    const message = Buffer.allocUnsafe(length);
    xor(sealed, stream, BLOCK_BYTES, message, 0, length);
    const tag = this.#tag(nonce, message);
    let difference = 0;
    for (let at = 0; at < TAG_BYTES; at++)
      difference |= byte(tag, at) ^ byte(stream, at) ^ byte(sealed, length + at);
    return difference === 0 ? message : undefined;
  }

  /** What hides the tag, in the first block, and the message, from the second on. */
  #stream(nonce: Buffer, length: number): Buffer {
    const bytes = BLOCK_BYTES + wholeBlocks(length);
    for (let at = 0, count = 0; at < bytes; at += BLOCK_BYTES, count++) {
      this.#counters[at] = STREAM_FLAGS;
      this.#counters.set(nonce, at + 1);
      this.#counters[at + BLOCK_BYTES - 1] = count;
    }
    return this.#block.update(this.#counters.subarray(0, bytes));
  }

  #tag(nonce: Buffer, message: Buffer): Buffer {
    const bytes = BLOCK_BYTES + wholeBlocks(message.length);
    this.#tagged[0] = TAG_FLAGS;
    this.#tagged.set(nonce, 1);
    this.#tagged.writeUIntBE(message.length, 1 + NONCE_BYTES, BLOCK_BYTES - 1 - NONCE_BYTES);
    this.#tagged.set(message, BLOCK_BYTES);
    this.#tagged.fill(0, BLOCK_BYTES + message.length, bytes);
    xor(this.#tagged, this.#chained, 0, this.#tagged, 0, BLOCK_BYTES);
    this.#chained = this.#chain.update(this.#tagged.subarray(0, bytes)).subarray(-BLOCK_BYTES);
    return this.#chained;
  }
}

function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function byte(bytes: Buffer, at: number): number {
  return bytes[at] ?? 0;
}

/** `bytes` XOR `mask[from…]` into `target[to…]`. */
function xor(bytes: Buffer, mask: Buffer, from: number, target: Buffer, to: number, length: number): void {
  for (let at = 0; at < length; at++) target[to + at] = byte(bytes, at) ^ byte(mask, from + at);
}
