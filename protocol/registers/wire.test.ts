import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncryptedFrameDecoder, PADDING_BYTES, sealFrame } from '../encrypted-frame.ts';
import { FrameCipher } from '../frame-cipher.ts';
import { ProtocolError } from '../errors.ts';
import { chunk } from '../gatt.ts';
import { isReplyTo, readRequest, replyTo } from '../message.ts';
import { PlainFrameDecoder, encodePlainFrame } from '../plain-frame.ts';
import { byteAddress, decodeBlock, decodeRegister, encodeRegister, limitsOf } from './codec.ts';
import type { Row } from './row.ts';
import { anyValueOf } from '../testing/arbitrary-values.ts';
import { BLOCKS, type Block, ROWS } from './table.ts';

const CIPHER = new FrameCipher(Buffer.alloc(16, 3), Buffer.alloc(4, 5));
const BLOCK_LIST: readonly Block[] = Object.values(BLOCKS);
const PADDING = Buffer.alloc(PADDING_BYTES);

const rowAndValue = fc.constantFrom(...ROWS).chain((row) => fc.tuple(fc.constant(row), anyValueOf(row)));

describe('any value of any register', () => {
  it('arrives unchanged at the app, in both frame formats', () => {
    fc.assert(
      fc.property(rowAndValue, fc.nat(0xffff), ([row, value], counter) => {
        const request = readRequest(row.device, row.register, row.bytes);
        const reply = replyTo(row.device, request, encodeRegister(row, value));
        const sealed = new EncryptedFrameDecoder(CIPHER);
        const plain = new PlainFrameDecoder();
        const opened = chunk(sealFrame(CIPHER, counter, reply, PADDING)).flatMap((part) => sealed.push(part));
        const decoded = chunk(encodePlainFrame(reply)).flatMap((part) => plain.push(part));
        expect(opened).toEqual([{ counter, message: reply }]);
        expect(decoded).toEqual([reply]);
        expect(isReplyTo(request, reply)).toBe(true);
        expect(decodeRegister(row, reply.data)).toBe(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('arrives unchanged at the app as part of a block', () => {
    const blockAndValues = fc
      .constantFrom(...BLOCK_LIST)
      .chain((block) => fc.tuple(fc.constant(block), fc.record(anyValuesOf(block.rows))));
    fc.assert(
      fc.property(blockAndValues, ([block, values]) => {
        const bytes = Buffer.alloc(block.bytes);
        for (const [key, row] of Object.entries(block.rows)) {
          encodeRegister(row, values[key] ?? NaN).copy(bytes, byteAddress(row) - 2 * block.register);
        }
        expect(decodeBlock(block, bytes)).toEqual(values);
      }),
    );
  });

  const anyValuesOf = (rows: Record<string, Row>): Record<string, fc.Arbitrary<number | string>> =>
    Object.fromEntries(Object.entries(rows).map(([key, row]) => [key, anyValueOf(row)]));

  it('is limited to the range of its row', () => {
    for (const row of ROWS) {
      if (row.kind !== 'number') continue;
      const { min, max, step } = limitsOf(row);
      for (const value of [min, max]) expect(decodeRegister(row, encodeRegister(row, value))).toBe(value);
      for (const value of [min - step, max + step]) {
        expect(() => encodeRegister(row, value), row.title).toThrow(ProtocolError);
      }
    }
  });
});

describe('any bytes in any register', () => {
  it('decode to a value that encodes to the same bytes, if it is writable', () => {
    const rowAndBytes = fc
      .constantFrom(...ROWS)
      .chain((row) =>
        fc.tuple(fc.constant(row), fc.uint8Array({ minLength: row.bytes, maxLength: row.bytes })),
      );
    fc.assert(
      fc.property(rowAndBytes, ([row, drawn]) => {
        const bytes = Buffer.from(drawn);
        const value = decodeRegister(row, bytes);
        try {
          const again = encodeRegister(row, value);
          if (row.kind !== 'ascii') expect(again).toEqual(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ProtocolError', code: 'range' });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any bytes from any scooter', () => {
  it('yield only frames and ProtocolErrors', () => {
    const headers = fc.constantFrom(0x55, 0xab, 0xaa, 0x02, 0x03, 0xff);
    const garbage = fc.array(fc.oneof(headers, fc.nat(0xff)), { maxLength: 200 });
    fc.assert(
      fc.property(fc.array(garbage, { maxLength: 8 }), (notifications) => {
        const decoders = [new EncryptedFrameDecoder(CIPHER), new PlainFrameDecoder()];
        for (const bytes of notifications) {
          for (const decoder of decoders) {
            for (const found of decoder.push(Buffer.from(bytes))) {
              expect(found instanceof ProtocolError || 'message' in found || 'register' in found).toBe(true);
            }
          }
        }
      }),
    );
  });
});
