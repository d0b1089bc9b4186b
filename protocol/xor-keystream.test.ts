import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/xor-frames.json' with { type: 'json' };
import { replyTo } from './message.ts';
import { blockReadRequest } from './registers/codec.ts';
import { decodeXorFrame, encodeXorFrame } from './xor-frame.ts';
import {
  assumedKeystream,
  correctKeystream,
  KEYSTREAM_PROBE,
  PROBED_BYTES,
  XOR_KEY_BYTES,
} from './xor-keystream.ts';

const bytes = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((drawn) => Buffer.from(drawn));
const REQUEST = blockReadRequest(KEYSTREAM_PROBE);

/** The contents of the probe as decoded with an assumed keystream, if the scooter encodes them with another one. */
function decodedWith(assumed: Buffer, keystream: Buffer, contents: Buffer): Buffer {
  const frame = encodeXorFrame(keystream, replyTo('bms', REQUEST, contents), Buffer.alloc(4, 0xa5));
  return decodeXorFrame(assumed, frame).data;
}

describe('the keystream', () => {
  it('of another client is determined from its key and from an area of zeros', () => {
    const keystream = Buffer.from(vectors.keystream, 'hex');
    const assumed = assumedKeystream(keystream.subarray(0, XOR_KEY_BYTES));
    const zeros = Buffer.alloc(KEYSTREAM_PROBE.bytes);
    const reply = vectors.frames.find(({ name }) => name.startsWith('unused area'))?.frame ?? '';
    const { data } = decodeXorFrame(assumed, Buffer.from(reply, 'hex'));
    expect(correctKeystream(assumed, data, zeros)).toEqual(keystream);
  });

  it('is determined whatever it is, and whatever the probe contains', () => {
    fc.assert(
      fc.property(bytes(260), bytes(KEYSTREAM_PROBE.bytes), (keystream, contents) => {
        const assumed = assumedKeystream(keystream.subarray(0, XOR_KEY_BYTES));
        const decoded = decodedWith(assumed, keystream, contents);
        expect(correctKeystream(assumed, decoded, contents)).toEqual(keystream.subarray(0, PROBED_BYTES));
      }),
    );
  });

  it('is not determined if what the key decodes has changed between the two reads', () => {
    const changed = fc
      .tuple(bytes(KEYSTREAM_PROBE.bytes), bytes(KEYSTREAM_PROBE.bytes))
      .filter(([before, after]) => !before.subarray(0, 9).equals(after.subarray(0, 9)));
    fc.assert(
      fc.property(bytes(260), changed, (keystream, [before, after]) => {
        const assumed = assumedKeystream(keystream.subarray(0, XOR_KEY_BYTES));
        const decoded = decodedWith(assumed, keystream, after);
        expect(() => correctKeystream(assumed, decoded, before)).toThrow(
          expect.objectContaining({ code: 'keystream' }),
        );
      }),
    );
  });

  it.each([0, 11, 13])('cannot begin with a key of %i bytes', (length) => {
    expect(() => assumedKeystream(Buffer.alloc(length))).toThrow(expect.objectContaining({ code: 'length' }));
  });
});
