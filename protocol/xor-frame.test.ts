import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/xor-frames.json' with { type: 'json' };
import { chunk } from './gatt.ts';
import { MAX_DATA_BYTES, MESSAGE_HEADER_BYTES, parseMessage } from './message.ts';
import { bytes, messages } from './testing/arbitrary-messages.ts';
import {
  decodeXorFrame,
  encodeXorFrame,
  maxXorDataBytes,
  XOR_PADDING_BYTES,
  XorFrameDecoder,
} from './xor-frame.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const failsWith = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });
const KEYSTREAM = hex(vectors.keystream);

/** A keystream, and messages that it can encode. */
const keystreamAndMessages = fc
  .integer({ min: MESSAGE_HEADER_BYTES, max: MESSAGE_HEADER_BYTES + MAX_DATA_BYTES })
  .chain((length) =>
    fc.tuple(
      bytes(length),
      fc.array(messages(length - MESSAGE_HEADER_BYTES), { minLength: 1, maxLength: 4 }),
    ),
  );
const padding = bytes(XOR_PADDING_BYTES);

describe('XORed frames', () => {
  it.each(vectors.frames)('are as those of another client: $name', ({ message, padding: sent, frame }) => {
    const original = parseMessage(hex(message));
    expect(encodeXorFrame(KEYSTREAM, original, hex(sent)).toString('hex')).toBe(frame);
    expect(decodeXorFrame(KEYSTREAM, hex(frame))).toEqual(original);
  });

  it('decode to what was encoded, whatever the padding', () => {
    fc.assert(
      fc.property(keystreamAndMessages, padding, ([keystream, [original]], sent) => {
        if (!original) return;
        const frame = encodeXorFrame(keystream, original, sent);
        expect(decodeXorFrame(keystream, frame)).toEqual(original);
        expect(decodeXorFrame(Buffer.concat([keystream, sent]), frame)).toEqual(original);
      }),
    );
  });

  it('are found in notifications of any size, with empty ones between them', () => {
    fc.assert(
      fc.property(keystreamAndMessages, fc.integer({ min: 1, max: 40 }), ([keystream, sent], size) => {
        const decoder = new XorFrameDecoder(keystream);
        const stream = Buffer.concat(sent.map((message) => encodeXorFrame(keystream, message)));
        const notifications = chunk(stream, size).flatMap((each) => [each, Buffer.alloc(0)]);
        expect(notifications.flatMap((each) => decoder.push(each))).toEqual(sent);
      }),
    );
  });

  it('are rejected with any byte changed, or truncated anywhere', () => {
    fc.assert(
      fc.property(
        keystreamAndMessages,
        fc.nat(),
        fc.integer({ min: 1, max: 0xff }),
        ([keystream, [original]], position, change) => {
          if (!original) return;
          const frame = encodeXorFrame(keystream, original);
          const at = position % frame.length;
          const isRejected = failsWithAny(['header', 'length', 'checksum']);
          expect(() => decodeXorFrame(keystream, frame.subarray(0, at))).toThrow(isRejected);
          frame.writeUInt8(frame.readUInt8(at) ^ change, at);
          expect(() => decodeXorFrame(keystream, frame)).toThrow(isRejected);
          expect(
            new XorFrameDecoder(keystream).push(frame).filter((found) => !(found instanceof Error)),
          ).toEqual([]);
        },
      ),
    );
  });

  const failsWithAny = (codes: readonly string[]): unknown =>
    expect.objectContaining({ code: expect.toBeOneOf([...codes]) as unknown });

  it('yield no message, rather than a wrong one, if they are longer than the known keystream', () => {
    fc.assert(
      fc.property(keystreamAndMessages, fc.nat(), ([keystream, [original]], cut) => {
        if (!original || original.data.length === 0) return;
        const known = keystream.subarray(0, cut % (MESSAGE_HEADER_BYTES + original.data.length));
        const frame = encodeXorFrame(keystream, original);
        expect(() => decodeXorFrame(known, frame)).toThrow(failsWith('keystream'));
        expect(() => encodeXorFrame(known, original)).toThrow(failsWith('keystream'));
        expect(new XorFrameDecoder(known).push(frame)).toEqual([failsWith('keystream')]);
      }),
    );
  });

  it('have up to 9 bytes of data with the key alone, and up to 32 with the keystream of the probe', () => {
    expect(maxXorDataBytes(KEYSTREAM.subarray(0, 12))).toBe(9);
    expect(maxXorDataBytes(KEYSTREAM)).toBe(32);
  });

  it('are decoded after a reset if the end of one was lost', () => {
    const decoder = new XorFrameDecoder(KEYSTREAM);
    const original = { address: 0x23, command: 1, register: 0xb0, data: Buffer.alloc(32, 7) };
    const frame = encodeXorFrame(KEYSTREAM, original);
    expect(decoder.push(frame.subarray(0, 20))).toEqual([]);
    decoder.reset();
    expect(decoder.push(frame)).toEqual([original]);
  });
});
