import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../protocol/errors.ts';
import { chunk } from '../../protocol/gatt.ts';
import { readRequest, type RegisterMessage, writeRequest } from '../../protocol/message.ts';
import { encodePlainFrame, PlainFrameDecoder } from '../../protocol/plain-frame.ts';
import { Bench } from '../testing/bench.ts';

const SERIAL = readRequest('esc', 0x10, 14);

/** Sends a request in plain frames; returns the reply, and the sizes of its notifications. */
function request(bench: Bench, message: RegisterMessage): { reply?: RegisterMessage; sizes: number[] } {
  for (const part of chunk(encodePlainFrame(message))) bench.write('uart', part);
  const notified = bench.takeAllNotifications();
  const [reply] = new PlainFrameDecoder().push(Buffer.concat(notified.map(({ bytes }) => bytes)));
  if (reply instanceof ProtocolError) throw reply;
  return { ...(reply && { reply }), sizes: notified.map(({ bytes }) => bytes.length) };
}

describe('a scooter of the plain generation', () => {
  it('answers without a login', () => {
    const bench = new Bench({ generation: 'plain' });
    expect(request(bench, SERIAL).reply).toEqual({
      address: 0x23,
      command: 0x01,
      register: 0x10,
      data: Buffer.from('26354/00000001'),
    });
    expect(bench.eventTypes).toEqual(['replied']);
  });

  it('answers in notifications of 20 bytes, followed by an empty one after a full last one', () => {
    const bench = new Bench({ generation: 'plain' });
    expect(request(bench, readRequest('esc', 0xb0, 32)).sizes).toEqual([20, 20, 0]);
    expect(request(bench, readRequest('bms', 0x31, 10)).sizes).toEqual([18]);
  });

  it('accepts settings', () => {
    const bench = new Bench({ generation: 'plain' });
    const on = Buffer.from('0100', 'hex');
    expect(request(bench, writeRequest('esc', 0x7c, on)).reply?.data).toEqual(Buffer.of(1));
    expect(request(bench, readRequest('esc', 0x7c, 2)).reply?.data).toEqual(on);
  });

  it('finds a request after garbage, and discards a partial one on disconnect', () => {
    const bench = new Bench({ generation: 'plain' });
    bench.write('uart', Buffer.from('55aa03', 'hex'));
    bench.reconnect();
    expect(request(bench, SERIAL).reply).toBeDefined();
    bench.write('uart', Buffer.from('55aaff', 'hex'));
    bench.advance(1_001);
    expect(request(bench, SERIAL).reply).toBeDefined();
  });
});

describe.each(['xor', 'miauth'] as const)('a scooter of the generation %s', (generation) => {
  it('does not answer plain frames', () => {
    expect(request(new Bench({ generation }), SERIAL).sizes).toEqual([]);
  });
});
