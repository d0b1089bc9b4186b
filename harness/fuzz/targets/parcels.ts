import fc from 'fast-check';
import {
  type AvdtpFrame,
  decodeAvdtp,
  encodeAvdtp,
  PARCEL,
  type ParcelType,
} from '../../../protocol/avdtp.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { ATT_PAYLOAD_BYTES } from '../../../protocol/gatt.ts';
import { MAX_LOST_REQUESTS, ParcelReceiver, ParcelSender } from '../../../protocol/parcel.ts';
import { bytes } from '../../../protocol/testing/arbitrary-messages.ts';
import { avdtpFrame, nearlyAvdtp, parcelType } from '../../../protocol/testing/arbitrary-parcels.ts';
import { decodeUpnp, encodeUpnp, UPNP, type UpnpOpcode } from '../../../protocol/upnp.ts';
import { expectEqual, expectThat, inAnyMemory, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

const avdtp = fuzzTarget({
  name: 'avdtp',
  about:
    'the frames on AVDTP: what decodes encodes to the same bytes, what encodes decodes to the same frame',
  inputs: random(fc.record({ frame: avdtpFrame, received: nearlyAvdtp })),
  check: ({ frame, received }) => {
    const encoded = encodeAvdtp(frame);
    expectThat(encoded.length <= ATT_PAYLOAD_BYTES, 'does not fit in a packet');
    expectEqual('decodes to what was encoded', decodeAvdtp(encoded), frame);
    const decoded = inAnyMemory(received, decodeAvdtp);
    if (decoded) expectEqual('encodes to what was received', encodeAvdtp(decoded), received);
  },
  runs: 600,
});

/** Every opcode of one byte, and of four of which one is changed. */
const upnp = fuzzTarget({
  name: 'upnp',
  about: 'every opcode of one byte, and those of four bytes: known exactly if it is in the table',
  inputs: { kind: 'all', count: 0x10000, at: (index) => index },
  check: (index) => {
    const [low, high] = [index & 0xff, index >> 8];
    const opcodes = Object.keys(UPNP) as UpnpOpcode[];
    const expected = opcodes.find((opcode) => UPNP[opcode] === low);
    expectEqual('of one byte', inAnyMemory(Buffer.of(low), decodeUpnp), expected);
    for (let at = 0; at < 4; at += 1) {
      const word = Buffer.of(low, 0, 0, 0);
      word[at] = at === 0 ? low : high;
      const isKnown = expected !== undefined && (at === 0 || high === 0);
      const decoded = inAnyMemory(word, decodeUpnp);
      expectEqual('of four bytes', decoded, isKnown ? expected : undefined);
      if (decoded) expectEqual('encodes to the same bytes', encodeUpnp(decoded), word);
    }
    for (const length of [0, 2, 3, 5])
      expectEqual(`of ${length} bytes`, decodeUpnp(Buffer.alloc(length, low)), undefined);
  },
  runs: 400,
});

/** What a peer does between our own frames: sends a frame, perhaps of our type, or nothing until the timeout. */
const peerOf = (type: ParcelType) =>
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc
        .oneof(
          fc.record({
            kind: fc.constant('announce' as const),
            type: fc.constant(type),
            chunkCount: fc.integer({ min: 1, max: 5 }),
          }),
          fc.record({ kind: fc.constant('single' as const), type: fc.constant(type), payload: bytes(1, 16) }),
          fc.record({
            kind: fc.constant('chunk' as const),
            index: fc.integer({ min: 1, max: 5 }),
            payload: bytes(18),
          }),
        )
        .map((frame) => ({ kind: 'frame' as const, bytes: encodeAvdtp(frame) })),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('frame' as const), bytes: nearlyAvdtp }) },
    fc.record({ kind: fc.constant('gap' as const) }),
  );

const endpoints = fuzzTarget({
  name: 'parcel-endpoints',
  about:
    'sender and receiver of a parcel, with a peer that sends anything: bounded, valid replies, one typed error',
  inputs: random(
    parcelType.chain((type) =>
      fc.record({ type: fc.constant(type), events: fc.array(peerOf(type), { maxLength: 40 }) }),
    ),
  ),
  check: ({ type, events }) => {
    const { maxBytes } = PARCEL[type];
    const receiver = new ParcelReceiver(type);
    const sender = new ParcelSender(type, Buffer.alloc(maxBytes, 7));
    let hasEnded = false;
    let requests = 0;
    for (const event of events) {
      const frame = event.kind === 'frame' ? decodeAvdtp(event.bytes) : undefined;
      const progress = event.kind === 'frame' ? receiver.onFrame(frame) : receiver.onChunkTimeout();
      expectThat(!hasEnded || progress.replies.length === 0, 'replies after the end of the parcel');
      expectThat(progress.replies.length <= 1, 'replies more than once');
      if (progress.payload)
        expectThat(progress.payload.length <= maxBytes, 'accepts a parcel that is too long');
      if (event.kind === 'gap') requests += progress.replies.length;
      hasEnded ||= progress.payload !== undefined || progress.failure !== undefined;
      expectThat(!(hasEnded && receiver.receiving), 'still receives after the end');
      const sent = framesOrAborted(sender, frame);
      for (const reply of [...progress.replies, ...sent]) {
        const decoded = decodeAvdtp(reply);
        expectEqual('sends a valid frame', decoded && encodeAvdtp(decoded), reply);
      }
    }
    expectThat(requests <= MAX_LOST_REQUESTS + 1, 'requests chunks without end');
  },
  runs: 200,
});

function framesOrAborted(sender: ParcelSender, frame: AvdtpFrame | undefined): Buffer[] {
  const frames = outcomeOf(() => sender.onFrame(frame), abortedParcel);
  return typeof frames === 'string' ? [] : frames;
}

function abortedParcel(error: unknown): string | undefined {
  return error instanceof ProtocolError && error.code === 'parcel' ? error.code : undefined;
}

/** Each round delivers the frames at these positions, in this order, and no others. */
const rounds = fc.array(fc.array(fc.nat(20), { maxLength: 8 }), { maxLength: MAX_LOST_REQUESTS });
const parcel: fc.Arbitrary<{ type: ParcelType; payload: Buffer }> = parcelType.chain((type) =>
  fc.record({ type: fc.constant(type), payload: bytes(1, PARCEL[type].maxBytes) }),
);

const transfer = fuzzTarget({
  name: 'parcel-transfer',
  about:
    'a parcel whose chunks are lost, repeated and reordered: arrives unchanged if the last request is answered',
  inputs: random(fc.record({ parcel, rounds })),
  check: ({ parcel: { type, payload }, rounds }) => {
    const sender = new ParcelSender(type, payload);
    const receiver = new ParcelReceiver(type);
    const deliver = (frames: readonly Buffer[]) =>
      frames.map((frame) => receiver.onFrame(decodeAvdtp(frame)));
    const answers = (replies: readonly Buffer[]): Buffer[] =>
      replies.flatMap((reply) => sender.onFrame(decodeAvdtp(reply)));
    const arrived: Buffer[] = [];
    const keep = (all: ReturnType<typeof deliver>): void => {
      arrived.push(...all.flatMap(({ payload: complete }) => complete ?? []));
    };
    const [ready] = deliver([sender.start()]);
    let inFlight = answers(ready?.replies ?? []);
    for (const positions of rounds) {
      keep(deliver(positions.flatMap((position) => inFlight[position % inFlight.length] ?? [])));
      inFlight = answers(receiver.onChunkTimeout().replies);
    }
    keep(deliver(inFlight));
    expectEqual('arrives once, unchanged', arrived, [payload]);
    expectThat(!receiver.receiving, 'still receives');
  },
  runs: 300,
});

/** The protocols on Xiaomi's characteristics. */
export const PARCEL_TARGETS: readonly FuzzTarget[] = [avdtp, upnp, endpoints, transfer];
