import fc from 'fast-check';
import {
  ENCRYPTED_FRAME,
  EncryptedFrameDecoder,
  MAX_COUNTER,
  openFrame,
  PADDING_BYTES,
  sealFrame,
} from '../../../protocol/encrypted-frame.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { FrameCipher } from '../../../protocol/frame-cipher.ts';
import {
  FRAME_START,
  frameError,
  LENGTH_OFFSET,
  MAX_LENGTH,
  type FrameFormat,
} from '../../../protocol/frame.ts';
import { MAX_DATA_BYTES, MESSAGE_HEADER_BYTES, type RegisterMessage } from '../../../protocol/message.ts';
import {
  decodePlainFrame,
  encodePlainFrame,
  PLAIN_FRAME,
  PlainFrameDecoder,
} from '../../../protocol/plain-frame.ts';
import { bytes, fractions, messages, splitAt } from '../../../protocol/testing/arbitrary-messages.ts';
import {
  decodeXorFrame,
  encodeXorFrame,
  maxXorDataBytes,
  XOR_FRAME,
  XorFrameDecoder,
} from '../../../protocol/xor-frame.ts';
import { expectEqual, expectThat, inAnyMemory, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

/** Secrets that frames are encoded with. */
interface Keys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly keystream: Buffer;
}

/** Codec of one format of frames; what a frame or a stream contains is a message, with its counter if it has one. */
interface Codec {
  readonly format: FrameFormat;
  /** Maximum data of a message. */
  readonly maxDataBytes: number;
  readonly encode: (message: RegisterMessage, counter: number) => Buffer;
  readonly decode: (frame: Buffer) => unknown;
  readonly decoder: () => { push(bytes: Buffer): unknown[] };
}

const PADDING = Buffer.alloc(PADDING_BYTES);

const CODECS: Readonly<Record<string, (keys: Keys) => Codec>> = {
  plain: () => ({
    format: PLAIN_FRAME,
    maxDataBytes: MAX_DATA_BYTES,
    encode: encodePlainFrame,
    decode: decodePlainFrame,
    decoder: () => new PlainFrameDecoder(),
  }),
  xor: ({ keystream }) => ({
    format: XOR_FRAME,
    maxDataBytes: maxXorDataBytes(keystream),
    encode: (message) => encodeXorFrame(keystream, message),
    decode: (frame) => decodeXorFrame(keystream, frame),
    decoder: () => new XorFrameDecoder(keystream),
  }),
  encrypted: ({ key, iv }) => {
    const cipher = new FrameCipher(key, iv);
    return {
      format: ENCRYPTED_FRAME,
      maxDataBytes: MAX_DATA_BYTES,
      encode: (message, counter) => sealFrame(cipher, counter, message, PADDING),
      decode: (frame) => openFrame(cipher, frame),
      decoder: () => new EncryptedFrameDecoder(cipher),
    };
  },
};

const keys: fc.Arbitrary<Keys> = fc.record({
  key: bytes(16),
  iv: bytes(4),
  keystream: fc.oneof(bytes(MESSAGE_HEADER_BYTES, 40), bytes(262)),
});

/** A part of a stream: a frame, from which bytes may be cut or changed, or anything. */
const part = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      message: fc.oneof({ weight: 4, arbitrary: messages(40) }, messages()),
      counter: fc.nat(MAX_COUNTER),
      /** Number of bytes that are missing at the end. */
      cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(30)),
      /** A byte that is changed, by its position, unless the change is 0. */
      at: fc.nat(300),
      change: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(0xff)),
    }),
  },
  bytes(0, 24),
  fc
    .array(fc.constantFrom(0x55, 0xaa, 0xab, 0x02, 0x00, 0xff), { maxLength: 24 })
    .map((all) => Buffer.from(all)),
);

interface Damaged {
  readonly message: RegisterMessage;
  readonly counter: number;
  readonly cut: number;
  readonly at: number;
  readonly change: number;
}

function bytesOf(codec: Codec, damaged: Damaged): Buffer {
  const { message, counter, cut, at, change } = damaged;
  const frame = outcomeOf(() => codec.encode(message, counter));
  const fits = message.data.length <= codec.maxDataBytes;
  if (typeof frame === 'string') {
    expectEqual('refuses a message', [frame, fits], ['keystream', false]);
    return Buffer.alloc(0);
  }
  expectThat(fits, 'encodes a message that is too long');
  const decoded = inAnyMemory(frame, codec.decode) as object;
  const expected = 'counter' in decoded ? { counter, message } : message;
  expectEqual('decodes to what was encoded', decoded, expected);
  frame[at % frame.length] = (frame[at % frame.length] ?? 0) ^ change;
  return frame.subarray(0, Math.max(0, frame.length - cut));
}

/** What the intact frames in a stream contain, found by trying every position. */
function contentsOf({ format, decode }: Codec, stream: Buffer): unknown[] {
  const contents: unknown[] = [];
  for (let at = 0; at < stream.length;) {
    const length = stream[at + LENGTH_OFFSET] ?? 0;
    const candidate = stream.subarray(at, at + length + format.overheadBytes);
    // It takes long to create an error, so the decoder is called only if a frame may begin here.
    const isHeader = candidate[0] === FRAME_START && candidate[1] === format.secondByte;
    const isFrame = isHeader && frameError(format, candidate) === undefined;
    const content = isFrame ? outcomeOf(() => decode(candidate)) : 'no frame';
    if (typeof content !== 'string') contents.push(content);
    at += isFrame ? candidate.length : 1;
  }
  return contents;
}

const target = (name: string, create: (keys: Keys) => Codec): FuzzTarget =>
  fuzzTarget({
    name: `frames-${name}`,
    about:
      `the ${name} frames in any stream, split anywhere: each intact one is found and decodes to what was encoded, ` +
      'everything else is a typed error',
    inputs: random(fc.record({ keys, parts: fc.array(part, { maxLength: 6 }), cuts: fractions })),
    check: ({ keys, parts, cuts }) => {
      const codec = create(keys);
      const sent = parts.map((each) => (Buffer.isBuffer(each) ? each : bytesOf(codec, each)));
      // Completes whatever a header announces.
      const stream = Buffer.concat([...sent, Buffer.alloc(MAX_LENGTH + codec.format.overheadBytes)]);
      const whole = inAnyMemory(stream, (all) => codec.decoder().push(all));
      const decoder = codec.decoder();
      expectEqual(
        'is independent of how it is split',
        splitAt(stream, cuts).flatMap((each) => decoder.push(each)),
        whole,
      );
      expectThat(whole.length <= stream.length, 'returns more than it has received');
      expectEqual(
        'finds every intact frame, and nothing else',
        whole.filter((found) => !(found instanceof ProtocolError)),
        contentsOf(codec, stream),
      );
    },
    runs: 60,
  });

/** Codecs of the frames of each generation. */
export const FRAME_TARGETS: readonly FuzzTarget[] = Object.entries(CODECS).map(([name, create]) =>
  target(name, create),
);
