import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PACKET_BYTES, PacketGuard } from './packet-guard.ts';

/** Types of packets that a broker sends to a client without subscriptions. */
const EXPECTED = [0x40, 0xd0, 0xe0];
const CONNACK = packet(0x20, 3);
const MAX_LENGTH = 268_435_455;

/** A packet with a body of zeros. */
function packet(firstByte: number, length: number): Buffer {
  return Buffer.concat([header(firstByte, length), Buffer.alloc(length)]);
}

/** The header of a packet: MQTT 5, section 2.1. */
function header(firstByte: number, length: number): Buffer {
  const bytes = [firstByte];
  let rest = length;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** Passes bytes to a guard in chunks of these sizes, repeatedly; returns the message of the first error. */
function check(bytes: Buffer, sizes: readonly number[] = [bytes.length]): string | undefined {
  const guard = new PacketGuard();
  for (let at = 0, chunk = 0; at < bytes.length; chunk += 1) {
    const size = sizes[chunk % sizes.length] ?? 1;
    const error = guard.check(bytes.subarray(at, at + size));
    if (error) return error.message;
    at += size;
  }
  return undefined;
}

const CHUNKS = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 8 });
const LEGAL = fc.array(
  fc.tuple(fc.constantFrom(...EXPECTED), fc.integer({ min: 0, max: MAX_PACKET_BYTES - 4 })),
  { maxLength: 10 },
);
const legalBytes = (list: readonly (readonly [number, number])[]): Buffer =>
  Buffer.concat([CONNACK, ...list.map(([type, length]) => packet(type, length))]);

describe('the packets of a broker', () => {
  it('are accepted if a client without subscriptions expects them, however they are split', () => {
    fc.assert(
      fc.property(LEGAL, CHUNKS, (list, sizes) => {
        expect(check(legalBytes(list), sizes)).toBeUndefined();
      }),
    );
  });

  it('are refused by their header if they are larger than the client accepts', () => {
    fc.assert(
      fc.property(
        LEGAL,
        CHUNKS,
        fc.constantFrom(...EXPECTED),
        fc.integer({ min: MAX_PACKET_BYTES, max: MAX_LENGTH }),
        (list, sizes, type, length) => {
          expect(check(Buffer.concat([legalBytes(list), header(type, length)]), sizes)).toContain(
            'announced a packet of',
          );
        },
      ),
    );
  });

  it('are refused by their first byte if the client has not asked for them', () => {
    fc.assert(
      fc.property(LEGAL, CHUNKS, fc.integer({ min: 0, max: 255 }), (list, sizes, firstByte) => {
        fc.pre(![0x20, ...EXPECTED].includes(firstByte & 0xf0));
        const isMessage = firstByte >> 4 === 3;
        expect(check(Buffer.concat([legalBytes(list), Buffer.from([firstByte])]), sizes)).toContain(
          isMessage ? 'sent a message although the client subscribes to nothing' : 'sent a packet of type',
        );
      }),
    );
  });

  it('with a length of more than four bytes are refused', () => {
    expect(check(Buffer.concat([CONNACK, Buffer.from([0x40, 0x80, 0x80, 0x80, 0x80])]))).toContain(
      'announced a packet of',
    );
  });

  it.each([
    ['a TLS alert', Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02]), 'The broker expects TLS'],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request'), 'does not speak MQTT'],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2'), 'does not speak MQTT'],
  ])('are refused if the server answers with %s', (_what, bytes, message) => {
    expect(check(bytes)).toContain(message);
  });
});
