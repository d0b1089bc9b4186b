import fc from 'fast-check';
import { advertisingEvent, report, structure } from './arbitrary-reports.ts';

/** Connection handles of arbitrary packets: few, so that packets of the same link follow each other. */
export const HANDLES = [0x0000, 0x0040, 0x0041, 0x0eff] as const;

const bytes = (maxLength: number, minLength = 0): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

const handle = fc.constantFrom(...HANDLES).map((value) => Buffer.of(value & 0xff, value >> 8));
const status = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 0x45 }));

/** Concatenates arbitrary fields. */
function fields(...parts: readonly (fc.Arbitrary<Buffer> | fc.Arbitrary<number>)[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(...parts)
    .map((values) =>
      Buffer.concat(values.map((value) => (typeof value === 'number' ? Buffer.of(value) : value))),
    );
}

/** Opcodes of commands that noble or bleno sends, or knows, with what each returns after its status. */
const RETURNED: readonly (readonly [opcode: number, returned: fc.Arbitrary<Buffer>])[] = [
  ...[
    0x0c01, 0x0c03, 0x0c6d, 0x2001, 0x2006, 0x2008, 0x2009, 0x200a, 0x200b, 0x200c, 0x200e, 0x2041, 0x2042,
  ].map((opcode) => [opcode, bytes(0)] as const),
  [0x0c6c, bytes(2, 2)],
  [0x1001, fields(fc.constantFrom(5, 6, 10), bytes(7, 7))],
  [0x1002, bytes(64, 64)],
  [0x1005, fields(fc.constantFrom(0, 27, 255), fc.constant(0), bytes(1, 1), fc.nat({ max: 8 }), bytes(3, 3))],
  [0x1009, bytes(6, 6)],
  [0x1405, fields(handle, bytes(1, 1))],
  [0x2002, fields(fc.constantFrom(0, 1, 27, 251), fc.constant(0), fc.nat({ max: 8 }))],
  [0x201b, handle],
];

const knownReply = fc
  .constantFrom(...RETURNED)
  .chain(([opcode, returned]) =>
    fields(bytes(1, 1), fc.constant(opcode & 0xff), fc.constant(opcode >> 8), status, returned),
  );
/** Command Complete without a command, as controllers use it to announce that they accept commands. */
const noCommand = fc.constantFrom('010000', '000000', '01000000').map((hex) => Buffer.from(hex, 'hex'));

const connection = (subevent: number, tailBytes: number): fc.Arbitrary<Buffer> =>
  fields(fc.constant(subevent), status, handle, fc.nat({ max: 1 }), bytes(tailBytes, tailBytes));

/** Parameters of each kind of event, valid but for their values. */
const PARAMETERS: readonly (readonly [code: number, parameters: fc.Arbitrary<Buffer>])[] = [
  [0x05, fields(status, handle, bytes(1, 1))],
  [0x08, fields(status, handle, fc.nat({ max: 2 }))],
  [0x0e, fc.oneof(knownReply, knownReply, noCommand, bytes(20, 3))],
  [0x0f, fields(status, bytes(1, 1), fc.constantFrom(0x0d, 0x0c, 0x43, 0), fc.constantFrom(0x20, 0x04, 0))],
  [
    0x13,
    fc
      .array(fields(handle, fc.nat({ max: 3 }), fc.constant(0)), { maxLength: 3 })
      .map((links) => Buffer.concat([Buffer.of(links.length), ...links])),
  ],
  [0x3e, connection(0x01, 14)],
  [0x3e, connection(0x0a, 26)],
  [0x3e, fields(fc.constant(0x03), status, handle, bytes(6, 6))],
  [0x3e, fc.array(report(structure), { maxLength: 4 }).map(advertisingEvent)],
  [0x3e, fields(fc.nat({ max: 0x2f }), bytes(30))],
  [0x3e, fields(fc.constant(0x0d), fc.nat({ max: 2 }), bytes(50))],
];

const event = fc.oneof(
  ...PARAMETERS.map(([code, parameters]) =>
    parameters.map((content) => Buffer.concat([Buffer.of(0x04, code, content.length), content])),
  ),
  fc
    .tuple(fc.nat({ max: 0xff }), bytes(20))
    .map(([code, content]) => Buffer.concat([Buffer.of(0x04, code, content.length), content])),
);

/** ACL packets with ATT, signalling, pairing or unknown channels, in one fragment or with lengths that do not match. */
const acl = fc
  .tuple(
    handle,
    fc.constantFrom(0x00, 0x10, 0x20, 0x20),
    fc.constantFrom(4, 5, 6, 0x40),
    bytes(27),
    fc.boolean(),
  )
  .map(([[low = 0, high = 0], boundary, channel, content, isMatching]) => {
    const payload = Buffer.concat([Buffer.of(isMatching ? content.length : 30, 0, channel, 0), content]);
    return Buffer.concat([Buffer.of(0x02, low, high | boundary, payload.length, 0), payload]);
  });

/** Commands of another host on the same adapter. */
const command = fc
  .tuple(fc.constantFrom(0x0c, 0x42, 0x0d), bytes(6))
  .map(([low, content]) => Buffer.concat([Buffer.of(0x01, low, 0x20, content.length), content]));

const complete = fc.oneof({ weight: 8, arbitrary: event }, { weight: 2, arbitrary: acl }, command, bytes(12));

/** Shortens or extends a packet, and adapts the length of an event unless `keepLength`. */
const damaged = fc
  .tuple(complete, fc.integer({ min: -20, max: 3 }), fc.boolean())
  .map(([packet, change, keepLength]) => {
    const size = Math.max(0, packet.length + change);
    const result = Buffer.concat([packet, Buffer.alloc(3)]).subarray(0, size);
    if (!keepLength && result[0] === 0x04 && result.length >= 3) result[2] = result.length - 3;
    return result;
  });

/** Any packet of a controller: valid, truncated, too long, of odd or unknown kinds. */
export const hciPacket: fc.Arbitrary<Buffer> = fc.oneof(complete, damaged);
