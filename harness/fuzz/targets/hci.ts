import fc from 'fast-check';
import { guardBleno } from '../../../hci/bleno-guard.ts';
import { H4Decoder, H4Error } from '../../../hci/h4.ts';
import type { LibraryProblem } from '../../../hci/library-problem.ts';
import {
  decodePoweredReply,
  decodeSetPowered,
  encodePoweredReply,
  encodeSetPowered,
} from '../../../hci/management.ts';
import { guardNoble, type NobleBindings } from '../../../hci/noble-guard.ts';
import { H4 } from '../../../hci/socket.ts';
import { hciPacket } from '../../../hci/testing/arbitrary-packets.ts';
import { bytes, fractions, splitAt } from '../../../protocol/testing/arbitrary-messages.ts';
import { expectEqual, expectThat, inAnyMemory, outcomeOf } from '../expect.ts';
import { fuzzTarget, random, type FuzzTarget } from '../target.ts';

/** What a guard makes of packets: those that reach the library, and what is reported. */
interface Guarded {
  readonly passed: readonly Buffer[];
  readonly problems: readonly LibraryProblem[];
}

type Guard = (packets: readonly Buffer[]) => Guarded;

/** Bindings of a library that does nothing with its packets. */
function stub(passed: Buffer[]) {
  const done = (): Promise<void> => Promise.resolve();
  return {
    _hci: {
      onSocketData: (packet: Buffer) => void passed.push(packet),
      flushAcl: done,
      writeAclDataPkt: done,
    },
    onAclDataPkt: () => undefined,
  } satisfies NobleBindings;
}

const guardWith =
  (guard: (bindings: ReturnType<typeof stub>, onProblem: (problem: LibraryProblem) => void) => void): Guard =>
  (packets) => {
    const passed: Buffer[] = [];
    const problems: LibraryProblem[] = [];
    const bindings = stub(passed);
    guard(bindings, (problem) => problems.push(problem));
    for (const packet of packets) bindings._hci.onSocketData(packet);
    return { passed, problems };
  };

const GUARDS: Readonly<Record<string, Guard>> = {
  noble: guardWith(guardNoble),
  bleno: guardWith(guardBleno),
};

/** Offset of the length in a packet, its size, and that of the header, by packet type. */
const LENGTHS: Readonly<Record<number, readonly [at: number, bytes: number]>> = {
  [H4.command]: [3, 1],
  [H4.acl]: [3, 2],
  [H4.event]: [2, 1],
};

function isWhole(packet: Buffer): boolean {
  const [at, size] = LENGTHS[packet[0] ?? 0] ?? [0, 1];
  return at > 0 && packet.length >= at + size + packet.readUIntLE(at, size);
}

const packetGuard = (name: string, guard: Guard): FuzzTarget =>
  fuzzTarget({
    name: `hci-${name}`,
    about:
      `a controller that sends ${name} any packets: what reaches the library is whole and would pass again ` +
      'unchanged, and there is one report at most of each packet',
    inputs: random(fc.array(hciPacket, { maxLength: 10 })),
    check: (packets) => {
      const { passed, problems } = guard(packets);
      expectThat(passed.length <= packets.length, 'passes on more than there was');
      expectThat(problems.length <= packets.length, 'reports more than there was');
      expectThat(passed.every(isWhole), 'passes on a truncated packet');
      expectEqual('would pass again', guard(passed), { passed, problems: [] });
      const other = inAnyMemory(
        Buffer.concat(packets.slice(0, 1)),
        (packet) => guard([packet]).passed.length,
      );
      expectThat(other <= 1, 'passes on a packet twice');
    },
    runs: 100,
  });

function decodeH4(chunks: readonly Buffer[]): { packets: string[]; error: string | undefined } {
  const decoder = new H4Decoder();
  const packets: string[] = [];
  const error = outcomeOf(
    () => {
      for (const chunk of chunks)
        for (const packet of decoder.decode(chunk)) packets.push(packet.toString('hex'));
      return undefined;
    },
    (thrown) => (thrown instanceof H4Error ? thrown.message : undefined),
  );
  return { packets, error };
}

const h4 = fuzzTarget({
  name: 'h4',
  about: 'a stream of H4 packets and anything: whole packets, then one typed error, however it is split',
  inputs: random(
    fc.record({ parts: fc.array(fc.oneof(hciPacket, bytes(0, 30)), { maxLength: 8 }), cuts: fractions }),
  ),
  check: ({ parts, cuts }) => {
    const stream = Buffer.concat(parts);
    const whole = inAnyMemory(stream, (all) => decodeH4([all]));
    expectEqual('is independent of how it is split', decodeH4(splitAt(stream, cuts)), whole);
    const packets = whole.packets.map((packet) => Buffer.from(packet, 'hex'));
    expectThat(packets.every(isWhole), 'yields a truncated packet');
    expectThat(Buffer.concat(packets).length <= stream.length, 'yields more than it has received');
  },
  runs: 150,
});

const management = fuzzTarget({
  name: 'mgmt',
  about: "events of the kernel's management channel: the status of our command, or none",
  inputs: random(
    fc.record({
      received: bytes(0, 16),
      index: fc.nat(0xffff),
      other: fc.nat(0xffff),
      status: fc.nat(0xff),
      isOn: fc.boolean(),
    }),
  ),
  check: ({ received, index, other, status, isOn }) => {
    expectEqual('is the command', decodeSetPowered(encodeSetPowered({ index, isOn })), { index, isOn });
    const reply = encodePoweredReply(index, status);
    expectEqual('is the status', decodePoweredReply(reply, index), status);
    if (other !== index) expectEqual('is of another adapter', decodePoweredReply(reply, other), undefined);
    for (const bytesOfAny of [received, reply.subarray(0, received.length)]) {
      inAnyMemory(bytesOfAny, (each) => decodePoweredReply(each, index));
      inAnyMemory(bytesOfAny, decodeSetPowered);
    }
  },
  runs: 500,
});

/** What a controller or the kernel sends. */
export const HCI_TARGETS: readonly FuzzTarget[] = [
  ...Object.entries(GUARDS).map(([name, guard]) => packetGuard(name, guard)),
  h4,
  management,
];
