import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import frames from '../../fixtures/protocol/encrypted-frames.json' with { type: 'json' };
import loginVectors from '../../fixtures/protocol/login.json' with { type: 'json' };
import { EncryptedFrameDecoder, MAX_COUNTER, sealFrame } from '../../protocol/encrypted-frame.ts';
import { deriveLogin } from '../../protocol/keys.ts';
import { ADDRESSES, COMMANDS, isReplyTo, readRequest, writeRequest } from '../../protocol/message.ts';
import { Bench, scriptedRandom } from '../testing/bench.ts';

const [session] = loginVectors.map((row) => ({
  token: Buffer.from(row.token, 'hex'),
  appRandom: Buffer.from(row.app_rand, 'hex'),
  deviceRandom: Buffer.from(row.dev_rand, 'hex'),
}));
if (!session) throw new Error('no login vector');
const { token, appRandom, deviceRandom } = session;
const keys = deriveLogin(token, appRandom, deviceRandom);

function loggedIn(): Bench {
  const bench = new Bench({ token, random: scriptedRandom(deviceRandom) });
  expect(bench.app.logIn(token, appRandom)).toBe('loggedIn');
  return bench;
}

const sealed = (register: number): Buffer =>
  sealFrame(keys.app, 0, readRequest('esc', register, 14), Buffer.alloc(4));

describe('an encrypted request', () => {
  it('of a real app, recorded, is answered', () => {
    const bench = loggedIn();
    const recorded = frames.valid.find(({ name }) => name === 'read ESC serial (14)');
    bench.write('uart', Buffer.from(recorded?.frame ?? '', 'hex'));
    const bytes = Buffer.concat(bench.takeAllNotifications().map((notification) => notification.bytes));
    expect(bytes).toHaveLength(32);
    const [reply] = new EncryptedFrameDecoder(keys.device).push(bytes);
    expect(reply).toEqual({
      counter: 1,
      message: { address: 0x23, command: 0x01, register: 0x10, data: Buffer.from('26354/00000001') },
    });
  });

  it('is answered with increasing counters from 1, even if that of the app stays, and not if it goes back', () => {
    const bench = loggedIn();
    const counters: (number | undefined)[] = [];
    for (const counter of [0, 0, 0, 900, 3, 900]) {
      counters.push(bench.app.request(readRequest('bms', 0x31, 10), counter)?.counter);
    }
    expect(counters).toEqual([1, 2, 3, 4, undefined, 5]);
  });

  it.each([
    [1, [19]],
    [2, [20, 0]],
    [14, [20, 12]],
    [22, [20, 20, 0]],
    [32, [20, 20, 10]],
    [56, [20, 20, 20, 14]],
  ])('for %i bytes is answered in notifications of %j bytes', (byteCount, lengths) => {
    const bench = loggedIn();
    const reply = bench.app.request(readRequest('esc', 0xb0, byteCount));
    expect(reply?.notifications.map(({ length }) => length)).toEqual(lengths);
    expect(reply?.message.data).toHaveLength(byteCount);
  });

  it.each([
    ['more than 56 bytes', { ...readRequest('esc', 0xb0, 1), data: Buffer.of(57) }],
    ['no bytes', { ...readRequest('esc', 0xb0, 1), data: Buffer.of(0) }],
    ['a number of bytes in two bytes', { ...readRequest('esc', 0xb0, 1), data: Buffer.of(2, 0) }],
    ['an unknown device', { ...readRequest('esc', 0xb0, 2), address: ADDRESSES.esc.reply }],
    ['an unknown command', { ...readRequest('esc', 0xb0, 2), command: 0x07 }],
  ])('for %s gets no reply', (_, message) => {
    const bench = loggedIn();
    expect(bench.app.request(message)).toBeUndefined();
    expect(bench.app.request(readRequest('esc', 0xb0, 2))).toMatchObject({ counter: 1 });
  });

  it('gets no reply before a login', () => {
    const bench = new Bench({ token });
    bench.write('uart', sealed(0x10));
    expect(bench.takeAllNotifications()).toEqual([]);
  });

  it('is found after garbage, and in two writes', () => {
    const bench = loggedIn();
    bench.write('uart', Buffer.from('55ab06', 'hex'));
    bench.advance(1001);
    bench.write('uart', sealed(0x10).subarray(0, 7));
    bench.advance(900);
    bench.write('uart', sealed(0x10).subarray(7));
    expect(bench.takeAllNotifications()).toHaveLength(2);
  });

  it('emits an event with the plaintext of its reply', () => {
    const bench = loggedIn();
    bench.advance(123);
    bench.app.request(readRequest('esc', 0x10, 5));
    expect(bench.events.at(-1)).toEqual({
      type: 'replied',
      address: 0x23,
      command: 0x01,
      register: 0x10,
      data: Buffer.from('26354'),
      askedMs: bench.nowMs,
      nowMs: bench.nowMs,
    });
  });

  it('gets no reply once the counters of a login are exhausted', () => {
    const bench = loggedIn();
    const request = sealFrame(keys.app, 0, readRequest('esc', 0xb0, 1), Buffer.alloc(4));
    for (let replies = 0; replies < MAX_COUNTER; replies++) bench.write('uart', request);
    expect(bench.takeAllNotifications()).toHaveLength(MAX_COUNTER);
    bench.write('uart', request);
    expect(bench.takeAllNotifications()).toEqual([]);
  });
});

describe('a write', () => {
  const on = Buffer.from('0100', 'hex');

  it('with reply gets one, and can be read back', () => {
    const bench = loggedIn();
    const reply = bench.app.request(writeRequest('esc', 0x7c, on));
    expect(reply?.message).toEqual({ address: 0x23, command: 0x02, register: 0x7c, data: Buffer.of(1) });
    expect(bench.app.request(readRequest('esc', 0x7c, 2))?.message.data).toEqual(on);
    expect(bench.eventTypes).toEqual(['loggedIn', 'written', 'replied', 'command', 'replied']);
  });

  it('without reply gets none, and takes effect', () => {
    const bench = loggedIn();
    expect(bench.app.request(writeRequest('esc', 0x7c, on, 'writeNoReply'))).toBeUndefined();
    expect(bench.app.request(readRequest('esc', 0x7c, 2))?.message.data).toEqual(on);
  });

  it('to a read-only register is refused in its reply', () => {
    const bench = loggedIn();
    const reply = bench.app.request(writeRequest('esc', 0xb5, on));
    expect(reply?.message.data).toEqual(Buffer.of(0));
    expect(bench.eventTypes).not.toContain('written');
  });
});

describe('an arbitrary request', () => {
  const byte = fc.integer({ min: 0, max: 0xff });
  const request = fc.record({
    address: fc.oneof(fc.constantFrom(0x20, 0x21, 0x22), byte),
    command: fc.oneof(fc.constantFrom<number>(...Object.values(COMMANDS)), byte),
    register: byte,
    data: fc.uint8Array({ maxLength: 64 }).map((data) => Buffer.from(data)),
  });

  it('gets its own reply or none, and the next request is answered', () => {
    const bench = loggedIn();
    fc.assert(
      fc.property(request, (message) => {
        const reply = bench.app.request(message);
        if (reply) expect(isReplyTo(message, reply.message)).toBe(true);
        expect(bench.app.request(readRequest('bms', 0x40, 20))).toBeDefined();
      }),
    );
  });
});
