import { createCipheriv } from 'node:crypto';

const BLOCK_BYTES = 16;
/** Size of a nonce. It leaves three bytes of a block for the length and the block counter. */
export const NONCE_BYTES = 12;
/** Size of an authentication tag. */
export const TAG_BYTES = 4;
/** Maximum message of a frame, 260 bytes, rounded up to whole blocks. */
const MAX_MESSAGE_BYTES = 272;

/** First byte of a counter block: counter of three bytes (RFC 3610, 2.3). */
const STREAM_FLAGS = 2;
/** First byte of block B_0 of the CBC-MAC: tag of four bytes, length field of three (RFC 3610, 2.2). */
const TAG_FLAGS = (((TAG_BYTES - 2) / 2) << 3) | STREAM_FLAGS;

const allocateBlocks = (): Buffer => Buffer.alloc(BLOCK_BYTES + MAX_MESSAGE_BYTES);

/**
 * AES-128-CCM (RFC 3610) with 12-byte nonces, 4-byte tags and no associated data. Optimised for many short messages
 * with one key: `aes-128-ccm` of node:crypto needs a new cipher object per message, which costs more than the
 * encryption.
 */
export class Ccm {
  readonly #ecb: ReturnType<typeof createCipheriv>;
  readonly #cbc: ReturnType<typeof createCipheriv>;
  /**
   * Last output block of the CBC cipher. XORing it into the next input cancels it, so that one cipher object can start
   * a new MAC for each message.
   */
  #lastBlock: Buffer = Buffer.alloc(BLOCK_BYTES);
  readonly #counterBlocks = allocateBlocks();
  readonly #macInput = allocateBlocks();

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.#ecb = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
    this.#cbc = createCipheriv('aes-128-cbc', key, this.#lastBlock).setAutoPadding(false);
  }

  /** Encrypts a message and appends its tag. A nonce must never be used twice with one key. */
  seal(nonce: Buffer, message: Buffer): Buffer {
    const stream = this.#keyStream(nonce, message.length);
    const sealed = Buffer.allocUnsafe(message.length + TAG_BYTES);
    xor(message, stream, BLOCK_BYTES, sealed, 0, message.length);
    xor(this.#tag(nonce, message), stream, 0, sealed, message.length, TAG_BYTES);
    return sealed;
  }

  /** Decrypts a sealed message; undefined if its tag does not match: wrong key or nonce, or corrupt. */
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

  /** Key stream: its first block encrypts the tag, the following blocks the message. */
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
