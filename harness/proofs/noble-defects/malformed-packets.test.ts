import fc from 'fast-check';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { H4 } from '../../../hci/socket.ts';
import { seededRandom } from '../../world/random.ts';
import { handleOf } from './testing/packets.ts';
import { NobleRig } from './testing/noble-rig.ts';

const CHANNELS = { att: 4, signaling: 5, pairing: 6, unknown: 0x40 } as const;
const START = 0x2000;

const rig = new NobleRig();
beforeEach(() => rig.setUp());
afterEach(() => rig.close());

/** A data packet to the host, with a possibly truncated L2CAP packet. */
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

describe('a client', () => {
  it('keeps running, whatever the scooter sends on any L2CAP channel', async () => {
    let handle = 0;
    rig.tap.toHost = (packet) => {
      handle = handleOf(packet) ?? handle;
      return packet;
    };
    await rig.startPolling();
    const { controller } = rig.ride.world.adapter;
    const opcode = fc.constantFrom(0x00, 0x01, 0x03, 0x05, 0x09, 0x0b, 0x11, 0x12, 0x13, 0x1b, 0x1d);
    const content = fc
      .tuple(opcode, fc.uint8Array({ maxLength: 22 }))
      .map(([first, rest]) => Buffer.from([first, ...rest]));
    const complete = fc
      .tuple(fc.constantFrom(...Object.values(CHANNELS)), content)
      .map(([channel, bytes]) => l2cap(channel, bytes));
    const truncated = fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes));
    const samples = fc.sample(fc.oneof(complete, truncated), { numRuns: 2_000, seed: 1 });
    const random = seededRandom(1);
    for (const sent of samples) {
      controller.host.send(dataPacket(handle, sent));
      await rig.ride.clock.advance(Math.ceil(random.unit() * 200));
    }
    await rig.nextSample();
    await rig.nextSample();
    await rig.stopClient();
  });
});
