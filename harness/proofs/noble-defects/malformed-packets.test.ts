import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { seededRandom } from '../../world/random.ts';
import { handleOf } from './testing/packets.ts';
import { Trouble } from './testing/trouble.ts';

const CHANNELS = { att: 4, signaling: 5, pairing: 6, unknown: 0x40 } as const;
const START = 0x2000;

let trouble: Trouble;
beforeEach(async () => {
  trouble = new Trouble();
  await trouble.begin();
});
afterEach(async () => {
  expect(trouble.mistakes).toEqual([]);
  await trouble.ride.end();
});

/** A data packet to the host, with as much of L2CAP in it as there is. */
function dataPacket(handle: number, l2cap: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = H4.acl;
  head.writeUInt16LE(handle | START, 1);
  head.writeUInt16LE(l2cap.length, 3);
  return Buffer.concat([head, l2cap]);
}

function l2cap(channel: number, content: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(content.length, 0);
  head.writeUInt16LE(channel, 2);
  return Buffer.concat([head, content]);
}

describe('a ride', () => {
  it('goes on, whatever else the scooter sends on whatever channel', async () => {
    let handle = 0;
    trouble.tap.toHost = (packet) => {
      handle = handleOf(packet) ?? handle;
      return packet;
    };
    await trouble.startRiding();
    const { controller } = trouble.ride.world.adapter;
    const beginning = fc.constantFrom(0x00, 0x01, 0x03, 0x05, 0x09, 0x0b, 0x11, 0x12, 0x13, 0x1b, 0x1d);
    const content = fc
      .tuple(beginning, fc.uint8Array({ maxLength: 22 }))
      .map(([first, rest]) => Buffer.from([first, ...rest]));
    const whole = fc
      .tuple(fc.constantFrom(...Object.values(CHANNELS)), content)
      .map(([channel, bytes]) => l2cap(channel, bytes));
    const cut = fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes));
    const samples = fc.sample(fc.oneof(whole, cut), { numRuns: 2_000, seed: 1 });
    const random = seededRandom(1);
    for (const sent of samples) {
      controller.tell(dataPacket(handle, sent));
      await trouble.ride.clock.advance(Math.ceil(random.unit() * 200));
    }
    await trouble.nextSample();
    await trouble.nextSample();
    await trouble.stop();
  });
});
