import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ProtocolError } from './errors.ts';
import {
  type FrameFormat,
  MAX_LENGTH,
  LENGTH_OFFSET,
  createFrame,
  writeChecksum,
  frameError,
} from './frame.ts';
import { FrameScanner } from './frame-scanner.ts';
import { chunk } from './gatt.ts';
import { fractions, splitAt } from './testing/arbitrary-messages.ts';

const FORMAT: FrameFormat = { name: 'test', secondByte: 0xaa, overheadBytes: 6 };
const LONGEST = MAX_LENGTH + FORMAT.overheadBytes;

const frameOf = (data: Uint8Array): Buffer => {
  const frame = createFrame(FORMAT, data.length);
  frame.fill(0x20, 3, 6);
  frame.set(data, 6);
  return writeChecksum(frame);
};

const scanner = (): FrameScanner<Buffer> => new FrameScanner(FORMAT, (frame) => Buffer.from(frame));
const good = (found: (Buffer | ProtocolError)[]): Buffer[] => found.filter((item) => Buffer.isBuffer(item));

/** Finds the frames in `stream` by brute force. */
const framesIn = (stream: Buffer): Buffer[] => {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length;) {
    const candidate = stream.subarray(at, at + (stream[at + LENGTH_OFFSET] ?? 0) + FORMAT.overheadBytes);
    const isFrame = frameError(FORMAT, candidate) === undefined;
    if (isFrame) frames.push(candidate);
    at += isFrame ? candidate.length : 1;
  }
  return frames;
};

const frame = fc.uint8Array({ maxLength: 60 }).map(frameOf);

describe('FrameScanner', () => {
  it('finds the same frames however they are split into notifications', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fractions, (frames, cuts) => {
        const scan = scanner();
        expect(splitAt(Buffer.concat(frames), cuts).flatMap((part) => scan.push(part))).toEqual(frames);
      }),
    );
  });

  it('finds a frame split at any byte, once it is complete', () => {
    const whole = frameOf(Buffer.alloc(32, 0x55));
    for (let at = 0; at <= whole.length; at += 1) {
      const scan = scanner();
      expect(scan.push(whole.subarray(0, at))).toEqual(at === whole.length ? [whole] : []);
      expect(scan.push(whole.subarray(at))).toEqual(at === whole.length ? [] : [whole]);
    }
  });

  it('finds a frame after garbage that looks like the start of one', () => {
    const whole = frameOf(Buffer.of(1, 2, 3));
    const garbage = Buffer.of(0x55, 0x55, 0xaa, 0x10, 0x55, 0xaa);
    const found = scanner().push(Buffer.concat([garbage, whole, Buffer.alloc(LONGEST)]));
    expect(good(found)).toEqual([whole]);
  });

  it('finds the frame after a truncated one', () => {
    const [truncated, next] = [frameOf(Buffer.alloc(20, 7)), frameOf(Buffer.of(1, 2, 3))];
    for (let kept = 0; kept < truncated.length; kept += 1) {
      const found = scanner().push(Buffer.concat([truncated.subarray(0, kept), next, Buffer.alloc(LONGEST)]));
      expect(good(found)).toEqual([next]);
    }
  });

  it('finds the same frames as a brute-force search', () => {
    const garbage = fc.uint8Array({ maxLength: 20 });
    const headers = fc.array(fc.constantFrom(0x55, 0xaa, 0x02, 0x04), { maxLength: 40 });
    const truncated = fc
      .tuple(frame, fc.nat())
      .map(([whole, kept]) => whole.subarray(0, kept % whole.length));
    const parts = fc.array(fc.oneof(garbage, headers, truncated, frame), { maxLength: 8 });
    fc.assert(
      fc.property(parts, fractions, (parts, cuts) => {
        const scan = scanner();
        const stream = Buffer.concat([...parts.map((part) => Buffer.from(part)), Buffer.alloc(LONGEST)]);
        const found = splitAt(stream, cuts).flatMap((part) => scan.push(part));
        expect(good(found)).toEqual(framesIn(stream));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['completes a partial frame', (first: Buffer) => first, ['first', 'second']],
    ['discards a partial frame once another one begins', () => Buffer.alloc(0), ['second']],
  ] as const)('%s when it expects a frame', (_, restOf, names) => {
    const frames = { first: frameOf(Buffer.alloc(32, 1)), second: frameOf(Buffer.alloc(8, 2)) };
    const scan = scanner();
    expect(scan.push(frames.first.subarray(0, 20))).toEqual([]);
    scan.expectFrame();
    const found = [...scan.push(restOf(frames.first.subarray(20))), ...scan.push(frames.second)];
    expect(found).toEqual(names.map((name) => frames[name]));
  });

  it('reports a corrupt frame, not its content', () => {
    const corrupt = frameOf(Buffer.of(1, 2, 3));
    corrupt.writeUInt8(9, 7);
    expect(scanner().push(corrupt)).toEqual([expect.objectContaining({ code: 'checksum' })]);
    expect(scanner().push(Buffer.of(0x55, 0xaa, 1))).toEqual([expect.objectContaining({ code: 'length' })]);
  });

  it('skips a whole frame that cannot be opened', () => {
    const inner = frameOf(Buffer.of(1));
    const outer = frameOf(inner);
    const scan = new FrameScanner(FORMAT, (found) => {
      if (found.length === outer.length) throw new ProtocolError('tag', 'not ours');
      return Buffer.from(found);
    });
    expect(scan.push(Buffer.concat([outer, inner]))).toEqual([
      expect.objectContaining({ code: 'tag' }),
      inner,
    ]);
  });

  it('does not swallow other errors of its callback', () => {
    const scan = new FrameScanner(FORMAT, () => {
      throw new TypeError('a defect');
    });
    expect(() => scan.push(frameOf(Buffer.of(1)))).toThrow(TypeError);
  });
});

describe('the work of a FrameScanner', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Number of bytes copied or viewed while `stream` arrives in parts of `size` bytes. */
  function workOf(stream: Buffer, size: number): number {
    const parts = chunk(stream, size);
    const prototype = Buffer.prototype as Buffer;
    const copied = vi.spyOn(prototype, 'copy');
    const viewed = vi.spyOn(prototype, 'subarray');
    const concat = vi.spyOn(Buffer, 'concat');
    const scan = new FrameScanner(FORMAT, () => undefined);
    for (const part of parts) scan.push(part);
    expect(concat).not.toHaveBeenCalled();
    const work =
      copied.mock.results.reduce((sum, { value }) => sum + Number(value), 0) +
      viewed.mock.results.reduce((sum, { value }) => sum + (value as Buffer).length, 0);
    vi.restoreAllMocks();
    return work;
  }

  const repeated = (pattern: Buffer, length: number): Buffer => Buffer.alloc(length, pattern);

  it.each([
    ['good frames', frameOf(Buffer.alloc(32))],
    ['headers of the longest frame', Buffer.of(0x55, 0xaa, 0xff)],
    ['headers of an empty frame', Buffer.of(0x55, 0xaa, 0x00)],
    ['first bytes of headers', Buffer.of(0x55)],
    ['zeros', Buffer.of(0)],
  ])('grows linearly with the stream: %s', (_, pattern) => {
    for (const size of [1, 20, 10_000]) {
      const once = workOf(repeated(pattern, 10_000), size);
      const twice = workOf(repeated(pattern, 20_000), size);
      expect(twice).toBeLessThanOrEqual(2 * once + LONGEST * LONGEST);
      expect(twice).toBeLessThanOrEqual(20_000 * LONGEST);
    }
  });
});
