import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../protocol/errors.ts';
import { chunk } from '../../protocol/gatt.ts';
import { readRequest, type RegisterMessage, writeRequest } from '../../protocol/message.ts';
import { encodePlainFrame, PlainFrameDecoder } from '../../protocol/plain-frame.ts';
import { Bench } from '../testing/bench.ts';

const SERIAL = readRequest('esc', 0x10, 14);

/** What the scooter answers to a request in plain frames, and in which pieces. */
function ask(bench: Bench, request: RegisterMessage): { reply?: RegisterMessage; pieces: number[] } {
  for (const piece of chunk(encodePlainFrame(request))) bench.write('uart', piece);
  const notified = bench.takeAll();
  const [reply] = new PlainFrameDecoder().push(Buffer.concat(notified.map(({ bytes }) => bytes)));
  if (reply instanceof ProtocolError) throw reply;
  return { ...(reply && { reply }), pieces: notified.map(({ bytes }) => bytes.length) };
}

describe('a scooter of the plain generation', () => {
  it('answers without a login', () => {
    const bench = new Bench({ generation: 'plain' });
    expect(ask(bench, SERIAL).reply).toEqual({
      address: 0x23,
      command: 0x01,
      register: 0x10,
      data: Buffer.from('25700/00000001'),
    });
    expect(bench.eventTypes).toEqual(['replied']);
  });

  it('answers in notifications of 20 bytes, and with an empty one after a full last one', () => {
    const bench = new Bench({ generation: 'plain' });
    expect(ask(bench, readRequest('esc', 0xb0, 32)).pieces).toEqual([20, 20, 0]);
    expect(ask(bench, readRequest('bms', 0x31, 10)).pieces).toEqual([18]);
  });

  it('takes settings', () => {
    const bench = new Bench({ generation: 'plain' });
    const on = Buffer.from('0100', 'hex');
    expect(ask(bench, writeRequest('esc', 0x7c, on)).reply?.data).toEqual(Buffer.of(1));
    expect(ask(bench, readRequest('esc', 0x7c, 2)).reply?.data).toEqual(on);
  });

  it('finds a request after noise, and forgets a half one with the connection', () => {
    const bench = new Bench({ generation: 'plain' });
    bench.write('uart', Buffer.from('55aa03', 'hex'));
    bench.reconnect();
    expect(ask(bench, SERIAL).reply).toBeDefined();
    bench.write('uart', Buffer.from('55aaff', 'hex'));
    bench.advance(1_001);
    expect(ask(bench, SERIAL).reply).toBeDefined();
  });
});

describe.each(['xor', 'miauth'] as const)('a scooter of the generation %s', (generation) => {
  it('does not answer plain frames', () => {
    expect(ask(new Bench({ generation }), SERIAL).pieces).toEqual([]);
  });
});
