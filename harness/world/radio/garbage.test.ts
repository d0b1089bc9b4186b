import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock, type Clock } from '../clock/clock.ts';
import { seededRandom } from '../random.ts';
import { Air } from './air.ts';
import { decodeAcl, encodeAcl } from './acl.ts';
import { Controller } from './controller.ts';
import { COMMAND_TABLE } from './conformance/command-table.ts';
import { OTHER_PI, PI, SCOOTER } from './testing/devices.ts';
import { TestHost } from './testing/test-host.ts';
import { record, transcript } from './testing/recording.ts';

const RESET = [0x01, 0x03, 0x0c, 0x00];
const RESET_DONE = '040e0401030c00';

/** Opcode and length of the parameters of every command. */
const COMMANDS = COMMAND_TABLE.map(({ opcode, parameters = '', hasHandle = false }) => ({
  opcode,
  hasHandle,
  bytes: parameters.length / 2,
}));

const ADVERTISE = '010a200101';
const createConnection = (peer: string): string =>
  '010d2019' + '6000300000' + peer + '00' + '0600060000006400' + '04000600';

/** Packets with which two controllers advertise, scan, connect, exchange data and disconnect. */
const VALID_PACKETS = [
  ADVERTISE,
  '010c20020100',
  createConnection('01' + '0100009ef0c8'),
  createConnection('00' + '010000eb27b8'),
  '010604034000' + '13',
  '0113200e4000' + '060006000000f401' + '00000000',
  '0240000600' + '0200040001ff',
  '0240100200' + '01ff',
].map((hex) => Buffer.from(hex, 'hex'));

/** Handle of the first connection of every controller. */
const HANDLE = 0x40;

/** A packet of one of two hosts, and the wait after it. */
interface Step {
  readonly to: number;
  readonly packet: Buffer;
  readonly thenMs: number;
}

/** Connects the first host to the second. */
const CONNECT: readonly Step[] = [
  { to: 1, packet: Buffer.from(ADVERTISE, 'hex'), thenMs: 0 },
  { to: 0, packet: Buffer.from(createConnection('01' + '0100009ef0c8'), 'hex'), thenMs: 1500 },
];

const bytes = (constraints: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(constraints).map((array) => Buffer.from(array));

const packet = fc.oneof(
  bytes({ maxLength: 40 }),
  fc.constantFrom(...VALID_PACKETS),
  fc
    .record({ command: fc.constantFrom(...COMMANDS), knowsHandle: fc.boolean() })
    .chain(({ command: { opcode, hasHandle, bytes: length }, knowsHandle }) =>
      bytes({ minLength: length, maxLength: length }).map((parameters) => {
        if (hasHandle && knowsHandle) parameters.writeUInt16LE(HANDLE);
        return Buffer.concat([Buffer.from([0x01, opcode & 0xff, opcode >> 8, length]), parameters]);
      }),
    ),
);

const step = fc.record({
  to: fc.constantFrom(0, 1),
  packet,
  thenMs: fc.constantFrom(0, 0, 1, 8, 150, 1000),
});

let clock: Clock;
beforeEach(() => {
  clock = virtualClock();
});
afterEach(() => clock.close());

/** Number of data packets of each host, and their interval. */
const DATA_PACKETS = 40;
const DATA_INTERVAL_MS = 50;

/** Exchanges data between two hosts while a third one sends `steps`; returns the transcript of the two. */
async function exchangeData(steps: readonly Step[]): Promise<string[]> {
  const air = new Air({ random: seededRandom(1).unit });
  const hosts = [PI, SCOOTER].map((identity) => new TestHost(new Controller(air, { identity })));
  for (const { to, packet, thenMs } of CONNECT) {
    hosts[to]?.controller.receive(packet);
    await clock.advance(thenMs);
  }
  const startMs = performance.now();
  const packets = hosts.map(({ controller }) => record(controller));
  const intruder = new TestHost(new Controller(air, { identity: OTHER_PI }));
  const timers = steps.map(({ packet }, index) =>
    setTimeout(
      () => intruder.controller.receive(packet),
      steps.slice(0, index).reduce((sum, { thenMs }) => sum + thenMs, 0) % (DATA_PACKETS * DATA_INTERVAL_MS),
    ),
  );
  for (let index = 0; index < DATA_PACKETS; index++) {
    for (const host of hosts) host.data(HANDLE, 4, [index]);
    await clock.advance(DATA_INTERVAL_MS);
  }
  for (const timer of timers) clearTimeout(timer);
  intruder.controller.receive(Buffer.from(RESET));
  for (const { controller } of [intruder, ...hosts]) air.remove(controller);
  return packets.flatMap((of) =>
    transcript(of.map((packet) => ({ ...packet, atMs: packet.atMs - startMs }))),
  );
}

describe('garbage', () => {
  it('never makes a controller throw, and a reset leaves no timer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 40 }),
        fc.integer(),
        async (connected, steps, seed) => {
          const air = new Air({ random: seededRandom(seed).unit });
          const hosts = [PI, SCOOTER].map((identity) => new TestHost(new Controller(air, { identity })));
          const play = async (played: readonly Step[]): Promise<void> => {
            for (const { to, packet, thenMs } of played) {
              hosts[to]?.controller.receive(packet);
              await clock.advance(thenMs);
            }
          };
          if (connected) await play(CONNECT);
          air.conditions.loss = 0.1;
          await play(steps);
          for (const host of hosts) {
            const received = host.takeReceived();
            expect(!connected || received.some((packet) => packet.startsWith('043e130100'))).toBe(true);
            host.controller.receive(Buffer.from(RESET));
            expect(host.takeReceived()).toEqual([RESET_DONE]);
          }
          expect(clock.pendingTimers()).toBe(0);
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
  });

  it('of one host does not change a byte or a time on connections of others', async () => {
    const undisturbed = await exchangeData([]);
    expect(undisturbed.filter((line) => line.includes('fromHost'))).toHaveLength(2 * DATA_PACKETS);
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        expect(await exchangeData(steps)).toEqual(undisturbed);
        expect(clock.pendingTimers()).toBe(0);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  it('in a data packet is recognised by its length', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 64 }), (content) => {
        const garbage = Buffer.concat([Buffer.from([0x02]), content]);
        const decoded = decodeAcl(garbage);
        const isComplete = garbage.length >= 5 && garbage.readUInt16LE(3) === garbage.length - 5;
        expect(decoded !== undefined).toBe(isComplete);
        if (decoded)
          expect(encodeAcl(decoded.handle, decoded.fragment).subarray(3)).toEqual(garbage.subarray(3));
      }),
    );
  });
});

describe('the packet boundary flag', () => {
  it.each([
    ['a start, as sent by hosts', '024000', '024020'],
    ['a continuation', '024010', '024010'],
    ['a start, as sent by controllers', '024020', '024020'],
  ])('of %s is translated to what the other host expects', (_what, sent, received) => {
    const decoded = decodeAcl(Buffer.from(`${sent}0300aabbcc`, 'hex'));
    expect(decoded?.handle).toBe(0x40);
    expect(decoded && encodeAcl(0x40, decoded.fragment).toString('hex')).toBe(`${received}0300aabbcc`);
  });
});
