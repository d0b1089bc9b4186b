import { describe, expect, it } from 'vitest';
import vectors from '../../fixtures/protocol/xor-frames.json' with { type: 'json' };
import { chunk } from '../../protocol/gatt.ts';
import { readRequest, type RegisterMessage, writeRequest } from '../../protocol/message.ts';
import { encodeXorFrame, XorFrameDecoder } from '../../protocol/xor-frame.ts';
import { Bench } from '../testing/bench.ts';
import { keystreamOf } from './keystream.ts';

const SERIAL = readRequest('esc', 0x10, 14);
const KEYSTREAM = keystreamOf(7);

const bench = (keystream = KEYSTREAM): Bench => new Bench({ generation: 'xor', keystream });

/** Sends a request; returns the reply, and the sizes of its notifications. */
function request(scooter: Bench, message: RegisterMessage): { reply?: RegisterMessage; sizes: number[] } {
  for (const part of chunk(encodeXorFrame(KEYSTREAM, message))) scooter.write('uart', part);
  const notified = scooter.takeAllNotifications();
  const [reply] = new XorFrameDecoder(KEYSTREAM).push(Buffer.concat(notified.map(({ bytes }) => bytes)));
  if (reply instanceof Error) throw reply;
  return { ...(reply && { reply }), sizes: notified.map(({ bytes }) => bytes.length) };
}

describe('a scooter that XORs its frames', () => {
  it('answers without a login', () => {
    const scooter = bench();
    expect(request(scooter, SERIAL).reply).toEqual({
      address: 0x23,
      command: 0x01,
      register: 0x10,
      data: Buffer.from('26354/00000001'),
    });
    expect(scooter.eventTypes).toEqual(['replied']);
  });

  it('answers the recorded request of another client', () => {
    const keystream = Buffer.concat([Buffer.from(vectors.keystream, 'hex'), Buffer.alloc(40)]);
    const scooter = bench(keystream);
    scooter.write('uart', Buffer.from(vectors.frames[0]?.frame ?? '', 'hex'));
    const bytes = Buffer.concat(scooter.takeAllNotifications().map((notification) => notification.bytes));
    expect(new XorFrameDecoder(keystream).push(bytes)).toMatchObject([
      { data: Buffer.from('26354/00000001') },
    ]);
    expect(scooter.firmware.xorKey.toString('hex')).toBe(vectors.keystream.slice(0, 24));
  });

  it('has an unused area of zeros in its battery', () => {
    expect(request(bench(), readRequest('bms', 0x50, 32)).reply?.data).toEqual(Buffer.alloc(32));
  });

  it('answers in notifications of 20 bytes, followed by an empty one after a full last one', () => {
    expect(request(bench(), readRequest('esc', 0xb0, 32)).sizes).toEqual([20, 20, 4]);
    expect(request(bench(), readRequest('esc', 0x10, 28)).sizes).toEqual([20, 20, 0]);
  });

  it('accepts settings', () => {
    const scooter = bench();
    const on = Buffer.from('0100', 'hex');
    expect(request(scooter, writeRequest('esc', 0x7c, on)).reply?.data).toEqual(Buffer.of(1));
    expect(request(scooter, readRequest('esc', 0x7c, 2)).reply?.data).toEqual(on);
  });

  it('does not answer frames of another keystream', () => {
    const other = bench(keystreamOf(8));
    expect(request(other, SERIAL).sizes).toEqual([]);
    expect(keystreamOf(8)).not.toEqual(KEYSTREAM);
  });

  it('keeps its keystream, and discards a partial request on disconnect', () => {
    const scooter = bench();
    scooter.write('uart', Buffer.from('55ab03', 'hex'));
    scooter.reconnect();
    expect(request(scooter, SERIAL).reply).toBeDefined();
  });
});
