import fc from 'fast-check';
import { type AvdtpFrame, CHUNK_PAYLOAD_BYTES, MAX_LOST_CHUNKS, PARCEL, type ParcelType } from '../avdtp.ts';
import { bytes } from './arbitrary-messages.ts';

export const parcelType = fc.constantFrom(...(Object.keys(PARCEL) as ParcelType[]));

const word = fc.integer({ min: 1, max: 0xffff });

/** Any frame that can be encoded. */
export const avdtpFrame: fc.Arbitrary<AvdtpFrame> = fc.oneof(
  fc.record({ kind: fc.constant('announce' as const), type: parcelType, chunkCount: word }),
  fc.record({ kind: fc.constant('chunk' as const), index: word, payload: bytes(1, CHUNK_PAYLOAD_BYTES) }),
  fc.record({ kind: fc.constant('single' as const), type: parcelType, payload: bytes(1, 16) }),
  fc.record({ kind: fc.constant('singleAck' as const), result: fc.nat(0xff) }),
  fc.record({
    kind: fc.constant('lost' as const),
    chunks: fc.array(word, { minLength: 1, maxLength: MAX_LOST_CHUNKS }),
  }),
  fc.record({
    kind: fc.constantFrom('linkParameter' as const, 'linkParameterAck' as const),
    type: fc.nat(0xff),
    payload: bytes(0, 16),
  }),
  fc.record({ kind: fc.constantFrom('ready', 'complete', 'busy', 'timeout', 'cancel') }),
);

/** Bytes that are nearly a frame: control frames of any kind, chunks with small numbers, or anything. */
export const nearlyAvdtp: fc.Arbitrary<Buffer> = fc
  .oneof(
    fc
      .tuple(fc.nat(6), fc.nat(0x10), fc.uint8Array({ maxLength: 18 }))
      .map(([mode, argument, rest]) => Uint8Array.of(0, 0, mode, argument, ...rest)),
    fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.uint8Array({ maxLength: 18 }))
      .map(([index, payload]) => Uint8Array.of(index, 0, ...payload)),
    fc.uint8Array({ maxLength: 24 }),
  )
  .map((drawn) => Buffer.from(drawn));
