import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../fixtures/protocol/parcels.json' with { type: 'json' };
import { type AvdtpFrame, PARCEL, type ParcelType, decodeAvdtp, encodeAvdtp } from './avdtp.ts';
import { ProtocolError } from './errors.ts';
import { MAX_LOST_REQUESTS, ParcelReceiver, ParcelSender } from './parcel.ts';
import { nearlyAvdtp, parcelType } from './testing/arbitrary-parcels.ts';

const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');
const hexOf = (frames: Buffer[]): string[] => frames.map((frame) => frame.toString('hex'));
const READY: AvdtpFrame = { kind: 'ready' };

/** Passes frames to a receiver and returns its replies, and the payload if it is complete. */
function deliver(receiver: ParcelReceiver, frames: Buffer[]): { replies: Buffer[]; payload?: Buffer } {
  const all = frames.map((frame) => receiver.onFrame(decodeAvdtp(frame)));
  const payload = all.find((progress) => progress.payload)?.payload;
  return { replies: all.flatMap(({ replies }) => replies), ...(payload && { payload }) };
}

describe('a parcel', () => {
  it.each(vectors)('of $payload_len bytes is split into the same chunks as by scooters', (vector) => {
    const payload = hex(vector.payload);
    const sender = new ParcelSender('publicKey', payload);
    expect(sender.start().toString('hex')).toBe(vector.header_type_03);
    const chunks = sender.onFrame(READY);
    expect(hexOf(chunks)).toEqual(vector.frames);

    const receiver = new ParcelReceiver('publicKey');
    expect(hexOf(deliver(receiver, [sender.start()]).replies)).toEqual(['00000101']);
    const end = deliver(receiver, chunks);
    expect(hexOf(end.replies)).toEqual(['00000100']);
    expect(end.payload).toEqual(payload);
    sender.onFrame({ kind: 'complete' });
    expect(sender.done).toBe(true);
  });

  it('arrives despite lost, repeated and reordered chunks if the last request for them is received', () => {
    const payload = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => Buffer.from(bytes));
    // Each round delivers the frames at these positions, in this order, and no others.
    const round = fc.array(fc.nat(), { maxLength: 8 });
    fc.assert(
      fc.property(payload, fc.array(round, { maxLength: MAX_LOST_REQUESTS }), (sent, rounds) => {
        const sender = new ParcelSender('publicKey', sent);
        const receiver = new ParcelReceiver('publicKey');
        let inFlight = deliver(receiver, [sender.start()]).replies.flatMap((ready) =>
          sender.onFrame(decodeAvdtp(ready)),
        );
        let arrived: Buffer | undefined;
        for (const positions of rounds) {
          const delivered = positions.flatMap((position) => inFlight[position % inFlight.length] ?? []);
          arrived ??= deliver(receiver, delivered).payload;
          inFlight = receiver.onChunkTimeout().replies.flatMap((lost) => sender.onFrame(decodeAvdtp(lost)));
        }
        arrived ??= deliver(receiver, inFlight).payload;
        expect(arrived).toEqual(sent);
        expect(receiver.receiving).toBe(false);
      }),
    );
  });

  it('is completed by requesting exactly the missing chunks', () => {
    const sender = new ParcelSender('publicKey', Buffer.alloc(64, 7));
    const receiver = new ParcelReceiver('publicKey');
    deliver(receiver, [sender.start()]);
    const [, second, , fourth] = sender.onFrame(READY);
    deliver(
      receiver,
      [fourth, second].filter((chunk) => chunk !== undefined),
    );
    const { replies } = receiver.onChunkTimeout();
    expect(hexOf(replies)).toEqual(['0000010501000300']);
    const resent = replies.flatMap((lost) => sender.onFrame(decodeAvdtp(lost)));
    expect(resent.map((chunk) => chunk.readUInt16LE())).toEqual([1, 3]);
    expect(deliver(receiver, resent).payload).toEqual(Buffer.alloc(64, 7));
  });

  it('can be sent as a single packet', () => {
    const sender = new ParcelSender('deviceRandom', Buffer.alloc(16, 5), { single: true });
    const receiver = new ParcelReceiver('deviceRandom');
    expect(sender.start().toString('hex')).toBe(`0000020d${'05'.repeat(16)}`);
    const { replies, payload } = deliver(receiver, [sender.start()]);
    expect(payload).toEqual(Buffer.alloc(16, 5));
    expect(hexOf(replies)).toEqual(['00000300']);
    expect(sender.onFrame({ kind: 'complete' })).toEqual([]);
    expect(sender.done).toBe(false);
    expect(sender.onFrame({ kind: 'singleAck', result: 0 })).toEqual([]);
    expect(sender.done).toBe(true);
  });
});

describe('a receiver', () => {
  const started = (): ParcelReceiver => {
    const receiver = new ParcelReceiver('publicKey');
    receiver.onFrame({ kind: 'announce', type: 'publicKey', chunkCount: 4 });
    return receiver;
  };

  it('times out after three requests for missing chunks, and notifies the peer', () => {
    const receiver = started();
    for (let round = 0; round < MAX_LOST_REQUESTS; round += 1) {
      expect(hexOf(receiver.onChunkTimeout().replies)).toEqual(['000001050100020003000400']);
    }
    const { replies, failure } = receiver.onChunkTimeout();
    expect(hexOf(replies)).toEqual(['00000103']);
    expect(failure?.code).toBe('parcel');
    expect(receiver.receiving).toBe(false);
    expect(receiver.onChunkTimeout()).toEqual({ replies: [] });
  });

  it.each<[string, AvdtpFrame]>([
    ['more chunks than the parcel type allows', { kind: 'announce', type: 'publicKey', chunkCount: 5 }],
    ['another parcel', { kind: 'announce', type: 'appRandom', chunkCount: 1 }],
    ['another parcel in a single packet', { kind: 'single', type: 'appRandom', payload: Buffer.alloc(16) }],
  ])('cancels %s', (_, frame) => {
    const { replies, failure, payload } = new ParcelReceiver('publicKey').onFrame(frame);
    expect(hexOf(replies)).toEqual(['00000104']);
    expect(failure?.code).toBe('parcel');
    expect(payload).toBeUndefined();
  });

  it('cancels a parcel that is larger than its type allows', () => {
    const receiver = new ParcelReceiver('deviceRandom');
    receiver.onFrame({ kind: 'announce', type: 'deviceRandom', chunkCount: 1 });
    const { replies, failure } = receiver.onFrame({ kind: 'chunk', index: 1, payload: Buffer.alloc(17) });
    expect(hexOf(replies)).toEqual(['00000104']);
    expect(failure?.code).toBe('parcel');
  });

  it('treats a chunk that is too short or has an invalid number as missing', () => {
    const receiver = started();
    receiver.onFrame({ kind: 'chunk', index: 1, payload: Buffer.alloc(17) });
    receiver.onFrame({ kind: 'chunk', index: 5, payload: Buffer.alloc(18) });
    expect(hexOf(receiver.onChunkTimeout().replies)).toEqual(['000001050100020003000400']);
  });

  it('restarts if the parcel is announced again', () => {
    const receiver = started();
    receiver.onFrame({ kind: 'chunk', index: 1, payload: Buffer.alloc(18, 1) });
    const again = receiver.onFrame({ kind: 'announce', type: 'publicKey', chunkCount: 1 });
    expect(hexOf(again.replies)).toEqual(['00000101']);
    const { payload } = receiver.onFrame({ kind: 'chunk', index: 1, payload: Buffer.of(2) });
    expect(payload).toEqual(Buffer.of(2));
  });

  it('keeps a chunk although its buffer is reused', () => {
    const receiver = new ParcelReceiver('appConfirmation');
    receiver.onFrame({ kind: 'announce', type: 'appConfirmation', chunkCount: 2 });
    const reused = Buffer.alloc(18, 1);
    receiver.onFrame({ kind: 'chunk', index: 1, payload: reused });
    reused.fill(9);
    const { payload } = receiver.onFrame({ kind: 'chunk', index: 2, payload: Buffer.of(2) });
    expect(payload).toEqual(Buffer.concat([Buffer.alloc(18, 1), Buffer.of(2)]));
  });

  it('ignores frames before an announcement, after the end, and those for a sender', () => {
    const idle = new ParcelReceiver('publicKey');
    expect(idle.receiving).toBe(false);
    expect(idle.onChunkTimeout()).toEqual({ replies: [] });
    expect(idle.onFrame({ kind: 'chunk', index: 1, payload: Buffer.alloc(18) })).toEqual({ replies: [] });
    const receiver = started();
    expect(receiver.onFrame(READY)).toEqual({ replies: [] });
    expect(receiver.onFrame(undefined)).toEqual({ replies: [] });
    receiver.onFrame({ kind: 'announce', type: 'appRandom', chunkCount: 1 });
    expect(receiver.onFrame({ kind: 'announce', type: 'publicKey', chunkCount: 1 })).toEqual({ replies: [] });
  });
});

describe('a sender', () => {
  it.each<AvdtpFrame>([{ kind: 'timeout' }, { kind: 'cancel' }, { kind: 'singleAck', result: 1 }])(
    'fails if the peer replies %o',
    (frame) => {
      const sender = new ParcelSender('appRandom', Buffer.alloc(16));
      sender.start();
      expect(() => sender.onFrame(frame)).toThrow(expect.objectContaining({ code: 'parcel' }));
    },
  );

  it('keeps waiting while the peer is busy', () => {
    const sender = new ParcelSender('appRandom', Buffer.alloc(16));
    expect(sender.onFrame({ kind: 'busy' })).toEqual([]);
    expect(sender.onFrame(READY)).toHaveLength(1);
  });

  it('resends each lost chunk once, and ignores invalid numbers', () => {
    const sender = new ParcelSender('publicKey', Buffer.alloc(64));
    const resent = sender.onFrame({ kind: 'lost', chunks: [3, 3, 9, 1] });
    expect(resent.map((chunk) => chunk.readUInt16LE())).toEqual([3, 1]);
  });

  it.each<[ParcelType, number]>([
    ['appRandom', 0],
    ['appRandom', 17],
    ['publicKey', 65],
  ])('refuses a %s parcel of %i bytes', (type, length) => {
    expect(() => new ParcelSender(type, Buffer.alloc(length))).toThrow(
      expect.objectContaining({ code: 'length' }),
    );
  });
});

describe('sender and receiver', () => {
  it('survive arbitrary bytes: the only error is an aborted parcel, and every reply is valid', () => {
    const event = fc.oneof({ weight: 3, arbitrary: nearlyAvdtp }, fc.constant('gap' as const));
    fc.assert(
      fc.property(parcelType, fc.array(event, { maxLength: 30 }), (type, events) => {
        const receiver = new ParcelReceiver(type);
        const sender = new ParcelSender(type, Buffer.alloc(PARCEL[type].maxBytes));
        for (const received of events) {
          const frame = received === 'gap' ? undefined : decodeAvdtp(received);
          const { replies } = received === 'gap' ? receiver.onChunkTimeout() : receiver.onFrame(frame);
          for (const reply of [...replies, ...framesOrAborted(sender, frame)]) {
            const decoded = decodeAvdtp(reply);
            expect(decoded && encodeAvdtp(decoded)).toEqual(reply);
          }
        }
      }),
    );
  });

  function framesOrAborted(sender: ParcelSender, frame: AvdtpFrame | undefined): Buffer[] {
    try {
      return sender.onFrame(frame);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      return [];
    }
  }
});
