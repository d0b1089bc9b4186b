import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import captures from '../fixtures/protocol/plain-frames.json' with { type: 'json' };
import { ProtocolError } from './errors.ts';
import { MAX_DATA_BYTES } from './message.ts';
import { PlainFrameDecoder, decodePlainFrame, encodePlainFrame } from './plain-frame.ts';
import { messages } from './testing/arbitrary-messages.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const intact = captures.filter(({ length_ok, checksum_ok }) => length_ok && checksum_ok);
const anonymised = captures.filter((capture) => !intact.includes(capture));

describe('plain frames', () => {
  it.each(intact)('captured from a scooter decode, and encode to the same bytes: $name', ({ frame }) => {
    const decoded = decodePlainFrame(hex(frame));
    expect(encodePlainFrame(decoded).toString('hex')).toBe(frame);
    expect(decoded).toEqual({
      address: hex(frame)[3],
      command: hex(frame)[4],
      register: hex(frame)[5],
      data: hex(frame).subarray(6, -2),
    });
  });

  it('altered after the capture are rejected', () => {
    expect(anonymised.map(({ name }) => name)).toEqual(['bms serial']);
    for (const { frame } of anonymised) {
      expect(() => decodePlainFrame(hex(frame))).toThrow(expect.objectContaining({ code: 'length' }));
    }
  });

  it('decode to what was encoded', () => {
    fc.assert(
      fc.property(messages(), (original) => {
        expect(decodePlainFrame(encodePlainFrame(original))).toEqual(original);
        expect(new PlainFrameDecoder().push(encodePlainFrame(original))).toEqual([original]);
      }),
    );
  });

  it('are rejected with any bit flipped', () => {
    const frame = encodePlainFrame(decodePlainFrame(hex('55aa0423013e180180ff')));
    for (let bit = 0; bit < 8 * frame.length; bit += 1) {
      const flipped = Buffer.from(frame);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => decodePlainFrame(flipped)).toThrow(ProtocolError);
    }
  });

  it.each([
    ['55aa', 'length'],
    ['55aa032001100ebd', 'length'],
    ['55aa032001100ebdff00', 'length'],
    ['55aa012001ddff', 'length'],
    ['55ab032001100ebdff', 'header'],
    ['', 'header'],
    ['55aa032001100ebdfe', 'checksum'],
  ])('%s is rejected for its %s', (bytes, code) => {
    expect(() => decodePlainFrame(hex(bytes))).toThrow(expect.objectContaining({ code }));
  });

  it('cannot contain more data than their length byte can represent', () => {
    const original = { address: 0x20, command: 2, register: 0, data: Buffer.alloc(MAX_DATA_BYTES + 1) };
    expect(() => encodePlainFrame(original)).toThrow(expect.objectContaining({ code: 'length' }));
  });

  it('are discarded by a reset if incomplete', () => {
    const decoder = new PlainFrameDecoder();
    const frame = hex('55aa032001100ebdff');
    expect(decoder.push(frame.subarray(0, 6))).toEqual([]);
    decoder.reset();
    expect(decoder.push(frame)).toEqual([decodePlainFrame(frame)]);
  });
});
