import fc from 'fast-check';
import { FrameCipher } from '../frame-cipher.ts';
import { MAX_DATA_BYTES, type RegisterMessage } from '../message.ts';

/** A multiplier with which numbers that follow each other look random (Numerical Recipes). */
const MULTIPLIER = 1_664_525;
const INCREMENT = 1_013_904_223;
/** Up to this size each byte is drawn, and shrunk, on its own. */
const SHORT_BYTES = 8;

/** Generates buffers of this many bytes; long ones, which take long to draw, from one number, which is 0 for zeros. */
export function bytes(minLength: number, maxLength = minLength): fc.Arbitrary<Buffer> {
  if (maxLength <= SHORT_BYTES)
    return fc.uint8Array({ minLength, maxLength }).map((drawn) => Buffer.from(drawn));
  return fc.tuple(fc.integer({ min: minLength, max: maxLength }), fc.nat(0x7fff_ffff)).map(fill);
}

function fill([length, seed]: readonly [number, number]): Buffer {
  const filled = Buffer.alloc(length);
  if (seed === 0) return filled;
  for (let at = 0, state = seed; at < length; at += 1) {
    state = (Math.imul(state, MULTIPLIER) + INCREMENT) >>> 0;
    filled[at] = state >>> 24;
  }
  return filled;
}

/** Generates messages of at most this much data. */
export function messages(maxDataBytes = MAX_DATA_BYTES): fc.Arbitrary<RegisterMessage> {
  return fc.record({
    address: fc.nat(0xff),
    command: fc.nat(0xff),
    register: fc.nat(0xff),
    data: bytes(0, maxDataBytes),
  });
}

/** Key and start of the nonces of a cipher. */
export const cipherKeys = fc.record({ key: bytes(16), iv: bytes(4) });

export const cipher: fc.Arbitrary<FrameCipher> = cipherKeys.map(({ key, iv }) => new FrameCipher(key, iv));

/** Splits a stream at the given fractions of its length. */
export function splitAt(stream: Buffer, fractions: readonly number[]): Buffer[] {
  const ends = fractions.map((fraction) => Math.floor(fraction * stream.length)).sort((a, b) => a - b);
  return [...ends, stream.length].map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
}

/** Where a stream is split. */
export const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
