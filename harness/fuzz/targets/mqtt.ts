import fc from 'fast-check';
import { MAX_PACKET_BYTES, PacketGuard } from '../../../client/uplink/packet-guard.ts';
import { describeReason } from '../../../client/uplink/reasons.ts';
import { printable } from '../../../client/printable.ts';
import { bytes, fractions, splitAt } from '../../../protocol/testing/arbitrary-messages.ts';
import { expectEqual, expectThat } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

/** Packets that the broker may send first, and later: MQTT 5, section 2.1.2. */
const CONNACK = 2;
const LATER: readonly number[] = [CONNACK, 4, 13, 14];
const MAX_LENGTH = 268_435_455;

/** The header of a packet, with its length in as many bytes as needed, or more. */
function header(firstByte: number, length: number, extraBytes: number): Buffer {
  const result = [firstByte];
  let rest = length;
  do {
    const isLast = rest <= 0x7f && extraBytes <= 0;
    result.push((rest & 0x7f) | (isLast ? 0 : 0x80));
    rest >>= 7;
    if (isLast) break;
    if (rest === 0) extraBytes -= 1;
  } while (result.length < 8);
  return Buffer.from(result);
}

const packet = fc.record({
  first: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0x20, 0x40, 0xd0, 0xe0) }, fc.nat(0xff)),
  length: fc.oneof(
    { weight: 8, arbitrary: fc.nat(40) },
    fc.constantFrom(
      MAX_PACKET_BYTES - 4,
      MAX_PACKET_BYTES - 3,
      MAX_PACKET_BYTES - 2,
      MAX_PACKET_BYTES,
      MAX_LENGTH,
    ),
    fc.nat(MAX_LENGTH),
  ),
  extraBytes: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(4)),
});

/** Whether the guard has to accept a stream, byte by byte as the standard says. */
function isAcceptable(stream: Buffer): boolean {
  for (let at = 0, isFirst = true; at < stream.length; isFirst = false) {
    const type = (stream[at] ?? 0) >> 4;
    if (isFirst ? type !== CONNACK : !LATER.includes(type)) return false;
    let length = 0;
    let size = 1;
    for (let factor = 1; ; factor *= 0x80) {
      const byte = stream[at + size];
      if (byte === undefined) return true;
      size += 1;
      length += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      if (size > 4) return false;
    }
    if (size + length > MAX_PACKET_BYTES) return false;
    at += size + length;
  }
  return true;
}

const guard = fuzzTarget({
  name: 'mqtt-packets',
  about: 'a broker that sends any headers: the first one that is unexpected or too large ends the connection',
  inputs: random(
    fc.record({
      packets: fc.array(packet, { maxLength: 8 }),
      isConnack: fc.boolean(),
      rest: bytes(0, 8),
      cuts: fractions,
    }),
  ),
  check: ({ packets, isConnack, rest, cuts }) => {
    const stream = Buffer.concat([
      isConnack ? Buffer.of(0x20, 0) : Buffer.alloc(0),
      ...packets.flatMap(({ first, length, extraBytes }) => [
        header(first, length, extraBytes),
        Buffer.alloc(Math.min(length, MAX_PACKET_BYTES)),
      ]),
      rest,
    ]);
    const isAccepted = (chunks: readonly Buffer[]): boolean => {
      const checked = new PacketGuard();
      const error = chunks.map((chunk) => checked.check(chunk)).find((each) => each !== undefined);
      if (error) expectEqual('the code', error.code, 'peer');
      return error === undefined;
    };
    const expected = isAcceptable(stream);
    expectEqual('is accepted', isAccepted([stream]), expected);
    expectEqual('is independent of how it is split', isAccepted(splitAt(stream, cuts)), expected);
  },
  runs: 80,
});

const REASONS = 0x200;

const reasons = fuzzTarget({
  name: 'mqtt-reasons',
  about: 'every reason code of a broker, and more: a text for the log',
  inputs: { kind: 'all', count: REASONS, at: (index) => index },
  check: (code) => {
    const text = describeReason(code);
    expectThat(text !== '' && text.length < 200 && printable(text) === text, 'no text for the log');
  },
  runs: REASONS,
});

/** What a broker sends. */
export const MQTT_TARGETS: readonly FuzzTarget[] = [guard, reasons];
