import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { virtualClock, type Clock } from '../world/clock.ts';
import { seededRandom } from '../world/random.ts';
import { Air } from './air.ts';
import { decodeAcl, encodeAcl } from './acl.ts';
import { Controller } from './controller.ts';
import { PI, SCOOTER } from './testing/devices.ts';
import { Host } from './testing/host.ts';

const RESET = [0x01, 0x03, 0x0c, 0x00];
const RESET_DONE = '040e0401030c00';

/** Length of the parameters of every command, by opcode. */
const COMMANDS = [
  ...[0x0c03, 0x0c6c, 0x1001, 0x1005, 0x1009, 0x2002, 0x200e].map((opcode) => ({ opcode, bytes: 0 })),
  ...[0x0c01, 0x2001].map((opcode) => ({ opcode, bytes: 8 })),
  ...[0x2008, 0x2009].map((opcode) => ({ opcode, bytes: 32 })),
  ...[0x0406, 0x2031].map((opcode) => ({ opcode, bytes: 3 })),
  ...[0x0c6d, 0x1405, 0x200c].map((opcode) => ({ opcode, bytes: 2 })),
  { opcode: 0x2006, bytes: 15 },
  { opcode: 0x200a, bytes: 1 },
  { opcode: 0x200b, bytes: 7 },
  { opcode: 0x200d, bytes: 25 },
  { opcode: 0x2013, bytes: 14 },
  { opcode: 0x2019, bytes: 28 },
];

const ADVERTISE = '010a200101';
const createConnection = (peer: string): string =>
  '010d2019' + '6000300000' + peer + '00' + '0600060000006400' + '04000600';

/** Packets that get two chips to advertise, scan, connect, talk and hang up. */
const SENSIBLE = [
  ADVERTISE,
  '010c20020100',
  createConnection('01' + '0100009ef0c8'),
  createConnection('00' + '010000eb27b8'),
  '010604034000' + '13',
  '0113200e4000' + '060006000000f401' + '00000000',
  '0240000600' + '0200040001ff',
  '0240100200' + '01ff',
].map((hex) => Buffer.from(hex, 'hex'));

/** What one of two hosts says, and how long it waits then. */
interface Step {
  readonly to: number;
  readonly packet: Buffer;
  readonly thenMs: number;
}

/** The first connects to the second, within 1.5 s. */
const CONNECT: readonly Step[] = [
  { to: 1, packet: Buffer.from(ADVERTISE, 'hex'), thenMs: 0 },
  { to: 0, packet: Buffer.from(createConnection('01' + '0100009ef0c8'), 'hex'), thenMs: 1500 },
];

const bytes = (constraints: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(constraints).map((array) => Buffer.from(array));

const packet = fc.oneof(
  bytes({ maxLength: 40 }),
  fc.constantFrom(...SENSIBLE),
  fc
    .constantFrom(...COMMANDS)
    .chain(({ opcode, bytes: length }) =>
      bytes({ minLength: length, maxLength: length }).map((parameters) =>
        Buffer.concat([Buffer.from([0x01, opcode & 0xff, opcode >> 8, length]), parameters]),
      ),
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

describe('garbage', () => {
  it('of any bytes, at any time, makes no chip throw; a reset brings it back and nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 40 }),
        fc.integer(),
        async (connected, steps, seed) => {
          const air = new Air({ random: seededRandom(seed).unit });
          const hosts = [PI, SCOOTER].map((identity) => new Host(new Controller(air, { identity })));
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
            const heard = host.take();
            expect(!connected || heard.some((packet) => packet.startsWith('043e130100'))).toBe(true);
            host.controller.receive(Buffer.from(RESET));
            expect(host.take()).toEqual([RESET_DONE]);
          }
          expect(clock.pending()).toBe(0);
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
  });

  it('in a data packet is told from data by the length alone', () => {
    fc.assert(
      fc.property(bytes({ maxLength: 64 }), (content) => {
        const garbage = Buffer.concat([Buffer.from([0x02]), content]);
        const decoded = decodeAcl(garbage);
        const whole = garbage.length >= 5 && garbage.readUInt16LE(3) === garbage.length - 5;
        expect(decoded !== undefined).toBe(whole);
        if (decoded)
          expect(encodeAcl(decoded.handle, decoded.fragment).subarray(3)).toEqual(garbage.subarray(3));
      }),
    );
  });
});

describe('the packet boundary flag', () => {
  it.each([
    ['a start, as hosts mark it', '024000', '024020'],
    ['a continuation', '024010', '024010'],
    ['a start, as chips mark it', '024020', '024020'],
  ])('of %s is what hosts accept on the other side', (_what, sent, received) => {
    const decoded = decodeAcl(Buffer.from(`${sent}0300aabbcc`, 'hex'));
    expect(decoded?.handle).toBe(0x40);
    expect(decoded && encodeAcl(0x40, decoded.fragment).toString('hex')).toBe(`${received}0300aabbcc`);
  });
});
