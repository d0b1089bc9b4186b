import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AvdtpFrame,
  CHUNK_PAYLOAD_BYTES,
  MAX_LOST_CHUNKS,
  PARCEL,
  decodeAvdtp,
  encodeAvdtp,
} from './avdtp.ts';
import { ProtocolError } from './errors.ts';
import { ATT_PAYLOAD_BYTES } from './gatt.ts';
import { avdtpFrame, nearlyAvdtp } from './testing/arbitrary-parcels.ts';

describe('AVDTP frames', () => {
  it.each<[string, AvdtpFrame]>([
    ['000000030400', { kind: 'announce', type: 'publicKey', chunkCount: 4 }],
    ['000000000200', { kind: 'announce', type: 'passThrough', chunkCount: 2 }],
    ['00000100', { kind: 'complete' }],
    ['00000101', { kind: 'ready' }],
    ['00000102', { kind: 'busy' }],
    ['00000103', { kind: 'timeout' }],
    ['00000104', { kind: 'cancel' }],
    ['000001050100', { kind: 'lost', chunks: [1] }],
    ['0000010503000400', { kind: 'lost', chunks: [3, 4] }],
    ['0000020d0102', { kind: 'single', type: 'deviceRandom', payload: Buffer.of(1, 2) }],
    ['00000300', { kind: 'singleAck', result: 0 }],
    ['000004000612', { kind: 'linkParameter', type: 0, payload: Buffer.of(6, 18) }],
    ['000005000612', { kind: 'linkParameterAck', type: 0, payload: Buffer.of(6, 18) }],
    ['0200aabb', { kind: 'chunk', index: 2, payload: Buffer.of(0xaa, 0xbb) }],
  ])('%s decodes to the documented frame', (bytes, expected) => {
    expect(decodeAvdtp(Buffer.from(bytes, 'hex'))).toEqual(expected);
    expect(encodeAvdtp(expected).toString('hex')).toBe(bytes);
  });

  it('decode to what was encoded, and fit in one packet', () => {
    fc.assert(
      fc.property(avdtpFrame, (encoded) => {
        const bytes = encodeAvdtp(encoded);
        expect(decodeAvdtp(bytes)).toEqual(encoded);
        expect(bytes.length).toBeLessThanOrEqual(ATT_PAYLOAD_BYTES);
      }),
    );
  });

  it('are rejected if they contain anything unknown', () => {
    fc.assert(
      fc.property(nearlyAvdtp, (received) => {
        const decoded = decodeAvdtp(received);
        if (decoded !== undefined) expect(encodeAvdtp(decoded)).toEqual(received);
      }),
    );
  });

  it.each([
    '',
    '00',
    '0000',
    '0100',
    '000000',
    '00000003',
    '0000000304',
    '000000030000',
    '00000003040000',
    '000000010100',
    '0000010000',
    '00000105',
    '0000010501',
    '000001050000',
    '00000106',
    '0000020d',
    '0000030000',
    '00000600',
  ])('%s is rejected', (bytes) => {
    expect(decodeAvdtp(Buffer.from(bytes, 'hex'))).toBeUndefined();
  });

  it.each<AvdtpFrame>([
    { kind: 'announce', type: 'publicKey', chunkCount: 0 },
    { kind: 'announce', type: 'publicKey', chunkCount: 0x10000 },
    { kind: 'chunk', index: 0, payload: Buffer.alloc(1) },
    { kind: 'chunk', index: 1, payload: Buffer.alloc(19) },
    { kind: 'single', type: 'deviceRandom', payload: Buffer.alloc(17) },
    { kind: 'singleAck', result: 256 },
    { kind: 'lost', chunks: [] },
    { kind: 'lost', chunks: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { kind: 'lost', chunks: [0] },
  ])('cannot encode %o', (invalid) => {
    expect(() => encodeAvdtp(invalid)).toThrow(ProtocolError);
  });

  it('can list every chunk of every parcel in one LOST frame', () => {
    const chunkCounts = Object.values(PARCEL).map(({ maxBytes }) =>
      Math.ceil(maxBytes / CHUNK_PAYLOAD_BYTES),
    );
    expect(Math.max(...chunkCounts)).toBeLessThanOrEqual(MAX_LOST_CHUNKS);
  });
});
