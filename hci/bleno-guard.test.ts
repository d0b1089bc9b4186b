import { EventEmitter } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadBleno, type LoadedBleno } from './bleno.ts';
import type { HciSocket } from './socket.ts';

const ATT = 0x04;
const PAIRING = 0x06;

/** A controller with a connected central at handle 0x40. */
class FakeController extends EventEmitter implements HciSocket {
  /** Packets from bleno to the central, in hex from the ATT opcode on. */
  readonly sent: string[] = [];

  bindRaw = (): number => 0;
  bindUser = (): number => 0;
  bindControl = (): number => 0;
  isDevUp = (): boolean => true;
  setFilter = (): void => undefined;
  start = (): void => undefined;
  stop = (): void => undefined;

  write(packet: Buffer): void {
    if (packet[0] === 2) this.sent.push(packet.toString('hex', 9));
    // Completes every packet immediately, so that bleno always has free buffers.
    if (packet[0] === 2) this.receive('0413050140000100');
  }

  receive(hex: string): void {
    this.emit('data', Buffer.from(hex, 'hex'));
  }

  /** The central sends an L2CAP packet. */
  receiveL2cap(channel: number, payload: Buffer): void {
    const packet = Buffer.alloc(9);
    packet.writeUInt16LE(0x2040, 1);
    packet.writeUInt16LE(payload.length + 4, 3);
    packet.writeUInt16LE(payload.length, 5);
    packet.writeUInt16LE(channel, 7);
    packet[0] = 2;
    this.emit('data', Buffer.concat([packet, payload]));
  }
}

let controller: FakeController;
let loaded: LoadedBleno;
beforeEach(() => {
  const sockets: FakeController[] = [];
  const open = (): FakeController => {
    const socket = new FakeController();
    sockets.push(socket);
    return socket;
  };
  loaded = loadBleno({ open, deviceId: 0 }, { maxMtu: 23 });
  const { bleno } = loaded;
  bleno.setServices([
    new bleno.PrimaryService({
      uuid: 'fff0',
      characteristics: [
        new bleno.Characteristic({
          uuid: 'fff1',
          properties: ['write', 'writeWithoutResponse', 'notify'],
          onWriteRequest: (_data, _offset, _withoutResponse, respond) => respond(0),
        }),
        new bleno.Characteristic({ uuid: 'fff2', properties: ['read'], value: Buffer.from('value') }),
      ],
    }),
  ]);
  // bleno also opens the management channel, which ignores these packets.
  for (const socket of sockets) {
    socket.receive('040e0a01091000010000eb27b8'); // its address
    socket.receive('040e0701022000' + '1b0008'); // its buffers
    socket.receive('043e1301004000010000' + '0000eb27b8' + '0600' + '0000' + 'f401' + '00');
  }
  controller = sockets.at(-1) ?? expect.unreachable();
});
afterEach(() => loaded.close());

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

/** The opcodes of requests and commands. */
const OPCODES = [0x02, 0x04, 0x06, 0x08, 0x0a, 0x0c, 0x0e, 0x10, 0x12, 0x16, 0x18, 0x1e, 0x52, 0xd2];

/** Requests with valid opcodes, mostly on existing handles, truncated anywhere. */
const request = fc
  .tuple(fc.constantFrom(...OPCODES), fc.array(fc.nat({ max: 20 }), { maxLength: 30 }))
  .map(([opcode, content]) => Buffer.from([opcode, ...content]));

describe('bleno', () => {
  it('answers valid requests', () => {
    controller.receiveL2cap(ATT, Buffer.from('020001', 'hex'));
    expect(controller.sent).toEqual(['031700']);
    controller.receiveL2cap(ATT, Buffer.from('100100ffff0028', 'hex'));
    expect(controller.sent.at(-1)).toMatch(/^1106/);
  });

  it('survives, and still answers, after arbitrary packets of a central', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(ATT, ATT, PAIRING, 5), fc.oneof(request, bytes(30))), {
          maxLength: 20,
        }),
        (packets) => {
          for (const [channel, payload] of packets) controller.receiveL2cap(channel, payload);
          controller.sent.length = 0;
          controller.receiveL2cap(ATT, Buffer.from('020001', 'hex'));
          expect(controller.sent).toEqual(['031700']);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('survives arbitrary fragments of packets', () => {
    fc.assert(
      fc.property(fc.constantFrom(0x00, 0x10, 0x20, 0x30), bytes(12), (boundary, data) => {
        controller.emit('data', Buffer.concat([Buffer.of(2, 0x40, boundary, data.length, 0), data]));
      }),
      { numRuns: 1000 },
    );
    controller.receiveL2cap(ATT, Buffer.from('020001', 'hex'));
    expect(controller.sent.at(-1)).toBe('031700');
  });
});
