import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { H4Decoder, H4Error } from './h4.ts';

const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

/** A packet of `type` with `fieldBytes` of its own before the length. */
const packetOf = (
  type: number,
  fieldBytes: number,
  lengthBytes: 1 | 2,
  maxDataBytes: number,
): fc.Arbitrary<Buffer> =>
  fc.tuple(bytes(fieldBytes, fieldBytes), bytes(maxDataBytes)).map(([fields, data]) => {
    const length = Buffer.alloc(lengthBytes);
    length.writeUIntLE(data.length, 0, lengthBytes);
    return Buffer.concat([Buffer.from([type]), fields, length, data]);
  });

const synchronous = packetOf(3, 2, 1, 255);
const packet = fc.oneof(packetOf(1, 2, 1, 255), packetOf(2, 2, 2, 4096), packetOf(4, 1, 1, 255));

/** Splits a stream at the given positions. */
const chunksOf = (stream: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return at.slice(1).map((end, index) => stream.subarray(at[index], end));
};

const cuts = fc.array(fc.nat(), { maxLength: 30 });

/** Decodes chunks to packets, and an error if there is one. */
function decode(chunks: readonly Buffer[], decoder = new H4Decoder()): { packets: string[]; error?: string } {
  const packets: string[] = [];
  try {
    for (const chunk of chunks) {
      for (const decoded of decoder.decode(chunk)) packets.push(decoded.toString('hex'));
    }
    return { packets };
  } catch (error) {
    expect(error).toBeInstanceOf(H4Error);
    return { packets, error: (error as H4Error).message };
  }
}

describe('an H4 stream', () => {
  it('decodes to the packets that were sent, however it is split; audio is skipped', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(packet, synchronous), { maxLength: 8 }), cuts, (sent, at) => {
        const decoder = new H4Decoder();
        const expected = sent.filter(([type]) => type !== 3).map((one) => one.toString('hex'));
        expect(decode(chunksOf(Buffer.concat(sent), at), decoder)).toEqual({ packets: expected });
        expect(decoder.hasPartialPacket).toBe(false);
      }),
    );
  });

  it('yields each packet with its last byte, and reports a partial packet before that', () => {
    fc.assert(
      fc.property(packet, (sent) => {
        const decoder = new H4Decoder();
        for (const byte of sent.subarray(0, -1)) {
          expect(decode([Buffer.from([byte])], decoder).packets).toEqual([]);
          expect(decoder.hasPartialPacket).toBe(true);
        }
        expect(decode([sent.subarray(-1)], decoder).packets).toEqual([sent.toString('hex')]);
        expect(decoder.hasPartialPacket).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('yields packets that later chunks do not overwrite', () => {
    const decoder = new H4Decoder();
    const chunk = Buffer.from('040e0401030c00', 'hex');
    const [first] = [...decoder.decode(chunk)];
    chunk.fill(0xff);
    expect(decode([Buffer.from('04ff03aaaaaa', 'hex')], decoder).packets).toEqual(['04ff03aaaaaa']);
    expect(first?.toString('hex')).toBe('040e0401030c00');
  });

  it('of arbitrary bytes yields packets or an H4Error, independent of how it is split', () => {
    const garbage = fc
      .tuple(fc.array(packet, { maxLength: 3 }), bytes(600))
      .map(([good, bad]) => Buffer.concat([...good, bad]));
    let [errors, valid] = [0, 0];
    fc.assert(
      fc.property(garbage, cuts, (stream, at) => {
        const whole = decode([stream]);
        expect(decode(chunksOf(stream, at))).toEqual(whole);
        if (whole.error === undefined) valid++;
        else errors++;
      }),
      { numRuns: 500 },
    );
    expect(errors).toBeGreaterThan(50);
    expect(valid).toBeGreaterThan(5);
  });

  it.each([
    ['an unknown packet type', '474554', 'unknown packet type 0x47'],
    ['a packet type of 0', '00', 'unknown packet type 0x00'],
    [
      'data larger than the buffers of any controller',
      '0240000110',
      'a packet of type 0x02 has 4097 bytes of data, more than 4096',
    ],
  ])('with %s is rejected at the first invalid byte', (_what, hex, message) => {
    const stream = Buffer.from(hex, 'hex');
    expect(decode([stream])).toEqual({ packets: [], error: message });
    expect(decode([Buffer.concat([Buffer.from('01030c00', 'hex'), stream])])).toEqual({
      packets: ['01030c00'],
      error: message,
    });
  });

  it('stays invalid after an error', () => {
    const decoder = new H4Decoder();
    const first = decode([Buffer.from('ff', 'hex')], decoder);
    expect(first.error).toBeDefined();
    expect(decode([Buffer.from('01030c00', 'hex')], decoder)).toEqual({ packets: [], error: first.error });
  });
});
