import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/encrypted-frames.json' with { type: 'json' };
import {
  EncryptedFrameDecoder,
  MAX_COUNTER,
  PADDING_BYTES,
  openFrame,
  sealFrame,
} from './encrypted-frame.ts';
import { FrameCipher } from './frame-cipher.ts';
import { writeChecksum } from './frame.ts';
import { chunk } from './gatt.ts';
import { MAX_DATA_BYTES, parseMessage } from './message.ts';
import { decodePlainFrame } from './plain-frame.ts';
import { bytes, cipher, messages } from './testing/arbitrary-messages.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const cipherOf = ({ key, iv }: { key: string; iv: string }): FrameCipher =>
  new FrameCipher(hex(key), hex(iv));
const failsWith = (code: string): unknown => expect.objectContaining({ name: 'ProtocolError', code });

const counter = fc.nat(MAX_COUNTER);
const message = messages();

describe('encrypted frames', () => {
  it.each(vectors.valid)('$name: encrypted and decrypted as in every known client', (vector) => {
    const original = parseMessage(hex(vector.plain_D_T_c_data));
    const frame = sealFrame(cipherOf(vector), vector.counter, original, hex(vector.rand));
    expect(frame.toString('hex')).toBe(vector.frame);
    expect(openFrame(cipherOf(vector), frame)).toEqual({ counter: vector.counter, message: original });
    expect(chunk(frame).map((part) => part.toString('hex'))).toEqual(vector.gatt_chunks_20);
    expect(decodePlainFrame(hex(vector.plain_55aa_equivalent))).toEqual(original);
  });

  it.each(vectors.invalid)('$name: rejected for its $must_fail', (vector) => {
    expect(() => openFrame(cipherOf(vector), hex(vector.frame))).toThrow(failsWith(vector.must_fail));
  });

  it('the frame from which the invalid ones were made contains a serial number', () => {
    const [damaged] = vectors.invalid;
    if (!damaged) throw new Error('no vector');
    const repaired = writeChecksum(hex(damaged.frame));
    const { counter: sentCounter, message: reply } = openFrame(cipherOf(damaged), repaired);
    expect(sentCounter).toBe(1);
    expect({ ...reply, data: reply.data.toString() }).toEqual({
      address: 0x23,
      command: 0x01,
      register: 0x10,
      data: '26354/00467353',
    });
  });

  it.each(vectors.foreign_counters.frames)(
    '$what, at $counter: can be decrypted only if the header contains the counter',
    ({ frame, header_counter, receiver_can_decrypt }) => {
      const open = (): unknown => openFrame(cipherOf(vectors.foreign_counters), hex(frame));
      if (receiver_can_decrypt) {
        expect(open()).toMatchObject({ counter: hex(header_counter).readUInt16LE() });
      } else {
        expect(open).toThrow(failsWith('tag'));
      }
    },
  );

  it('of scooters that predate MiAuth are distinguished from corrupt ones', () => {
    const open = (): unknown => openFrame(cipherOf(vectors.foreign_counters), hex(vectors.xor.frame));
    expect(open).toThrow(failsWith('unsupported'));
  });

  it('that a dashboard sends before login, all zero, are rejected', () => {
    for (const length of [0x06, 0x0c, 0x20, 0x22]) {
      const zero = Buffer.concat([Buffer.of(0x55, 0xab, length), Buffer.alloc(length + 13)]);
      const found = new EncryptedFrameDecoder(cipherOf(vectors.foreign_counters)).push(writeChecksum(zero));
      expect(found).toEqual([failsWith('tag')]);
    }
  });

  it('decode to what was encoded', () => {
    fc.assert(
      fc.property(cipher, counter, message, bytes(PADDING_BYTES), (keys, sentCounter, original, padding) => {
        const frame = sealFrame(keys, sentCounter, original, padding);
        expect(openFrame(keys, frame)).toEqual({ counter: sentCounter, message: original });
      }),
    );
  });

  it('are rejected with any bit flipped, even if the checksum is corrected', () => {
    fc.assert(
      fc.property(cipher, counter, message, (keys, sentCounter, original) => {
        const frame = sealFrame(keys, sentCounter, original, Buffer.alloc(PADDING_BYTES));
        for (let bit = 0; bit < 8 * frame.length; bit += 1) {
          const flipped = Buffer.from(frame);
          flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          expect(() => openFrame(keys, flipped)).toThrow(failsWith(codeOfFlip(bit)));
          if (bit >= 24 && bit < 8 * (frame.length - 2)) {
            expect(() => openFrame(keys, writeChecksum(flipped))).toThrow(failsWith('tag'));
          }
        }
      }),
      { numRuns: 10 },
    );
  });

  const codeOfFlip = (bit: number): string => (bit < 16 ? 'header' : bit < 24 ? 'length' : 'checksum');

  it('are rejected with any other key or IV', () => {
    const pair = (length: number): fc.Arbitrary<[Buffer, Buffer]> =>
      fc.tuple(bytes(length), bytes(length)).filter(([one, other]) => !one.equals(other));
    fc.assert(
      fc.property(
        pair(16),
        pair(4),
        counter,
        message,
        ([key, otherKey], [iv, otherIv], sentCounter, original) => {
          const frame = sealFrame(
            new FrameCipher(key, iv),
            sentCounter,
            original,
            Buffer.alloc(PADDING_BYTES),
          );
          expect(() => openFrame(new FrameCipher(otherKey, iv), frame)).toThrow(failsWith('tag'));
          expect(() => openFrame(new FrameCipher(key, otherIv), frame)).toThrow(failsWith('tag'));
        },
      ),
    );
  });

  it('truncated anywhere, or with an extra byte, are rejected for their length', () => {
    const [vector] = vectors.valid;
    if (!vector) throw new Error('no vector');
    const frame = hex(vector.frame);
    for (let length = 2; length < frame.length; length += 1) {
      expect(() => openFrame(cipherOf(vector), frame.subarray(0, length))).toThrow(failsWith('length'));
    }
    const longer = Buffer.concat([frame, Buffer.of(0)]);
    expect(() => openFrame(cipherOf(vector), longer)).toThrow(failsWith('length'));
  });

  it('cannot be encoded with an invalid counter, padding or data', () => {
    const keys = cipherOf(vectors.foreign_counters);
    const original = { address: 0x20, command: 1, register: 0x10, data: Buffer.of(14) };
    const padding = Buffer.alloc(PADDING_BYTES);
    for (const bad of [-1, MAX_COUNTER + 1, 0.5, NaN]) {
      expect(() => sealFrame(keys, bad, original, padding)).toThrow(failsWith('counter'));
    }
    expect(() => sealFrame(keys, 0, original, Buffer.alloc(3))).toThrow(failsWith('length'));
    const tooLong = { ...original, data: Buffer.alloc(MAX_DATA_BYTES + 1) };
    expect(() => sealFrame(keys, 0, tooLong, padding)).toThrow(failsWith('length'));
  });
});

describe('EncryptedFrameDecoder', () => {
  it('decodes a sequence of replies from notifications, even with the empty ones that scooters add', () => {
    fc.assert(
      fc.property(cipher, fc.array(message, { maxLength: 5 }), (keys, original) => {
        const decoder = new EncryptedFrameDecoder(keys);
        const frames = original.map((reply, sentCounter) =>
          sealFrame(keys, sentCounter, reply, Buffer.alloc(PADDING_BYTES)),
        );
        const notifications = frames.flatMap((frame) => [...chunk(frame), Buffer.alloc(0)]);
        const found = notifications.flatMap((notification) => decoder.push(notification));
        expect(found).toEqual(
          original.map((reply, sentCounter) => ({ counter: sentCounter, message: reply })),
        );
      }),
    );
  });

  it('returns data that later notifications do not overwrite', () => {
    const keys = cipherOf(vectors.foreign_counters);
    const decoder = new EncryptedFrameDecoder(keys);
    const original = { address: 0x23, command: 1, register: 0x10, data: Buffer.from('first reply') };
    const [first] = decoder.push(sealFrame(keys, 0, original, Buffer.alloc(PADDING_BYTES)));
    decoder.push(Buffer.alloc(2000, 0xff));
    expect(first).toEqual({ counter: 0, message: original });
  });

  it('decodes the next reply after a reset if the end of one was lost', () => {
    const keys = cipherOf(vectors.foreign_counters);
    const decoder = new EncryptedFrameDecoder(keys);
    const original = { address: 0x23, command: 1, register: 0xb0, data: Buffer.alloc(32) };
    const frame = sealFrame(keys, 7, original, Buffer.alloc(PADDING_BYTES));
    expect(decoder.push(frame.subarray(0, 20))).toEqual([]);
    decoder.reset();
    expect(decoder.push(frame)).toEqual([{ counter: 7, message: original }]);
  });
});
