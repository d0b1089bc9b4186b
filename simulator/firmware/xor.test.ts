import { describe, expect, it } from 'vitest';
import vectors from '../../fixtures/protocol/xor-frames.json' with { type: 'json' };
import { chunk } from '../../protocol/gatt.ts';
import { readRequest, type RegisterMessage, writeRequest } from '../../protocol/message.ts';
import { encodePlainFrame } from '../../protocol/plain-frame.ts';
import { encodeXorFrame, XorFrameDecoder } from '../../protocol/xor-frame.ts';
import { Bench } from '../testing/bench.ts';
import { MODELS } from '../models/models.ts';
import { keystreamOf } from './keystream.ts';
import { QUIRKS } from './named-quirks.ts';

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

  describe('with plain answers', () => {
    const withPlainAnswers = (): Bench =>
      new Bench({
        generation: 'xor',
        keystream: KEYSTREAM,
        quirks: new Set([QUIRKS['plain-answers'].create(() => 0, MODELS.pro)]),
      });
    const answer = (scooter: Bench, message: RegisterMessage): string => {
      scooter.write('uart', encodePlainFrame(message));
      return Buffer.concat(scooter.takeAllNotifications().map(({ bytes }) => bytes)).toString('hex');
    };
    const VERSION = readRequest('esc', 0x1a, 2);

    it('answers serial number and firmware in plain frames', () => {
      const scooter = withPlainAnswers();
      expect(answer(scooter, SERIAL)).toContain(Buffer.from('26354/00000001').toString('hex'));
      expect(answer(scooter, VERSION)).toMatch(/^55aa0423011a/);
      expect(request(scooter, VERSION).reply).toMatchObject({ register: 0x1a });
      expect(answer(scooter, VERSION)).toMatch(/^55aa0423011a/);
    });

    it.each([
      ['live data', readRequest('esc', 0xb0, 32)],
      ['more than the serial number', readRequest('esc', 0x10, 22)],
      ['the battery', readRequest('bms', 0x10, 14)],
      ['a write', writeRequest('esc', 0x1a, Buffer.of(1, 0))],
    ])('does not answer %s in plain frames', (_, message) => {
      const scooter = withPlainAnswers();
      expect(answer(scooter, message)).toBe('');
      expect(scooter.eventTypes).toEqual([]);
    });

    it('answers nothing in plain frames without the quirk', () => {
      expect(answer(bench(), SERIAL)).toBe('');
    });
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
