import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_COUNTER } from '../../protocol/encrypted-frame.ts';
import { MAX_READ_BYTES, readRequest, type RegisterMessage, replyTo } from '../../protocol/message.ts';
import { ClientError } from '../errors.ts';
import { NoReplyError } from './session.ts';
import { REQUEST_TIMEOUT_MS, SessionFixture, TOTAL_TIMEOUT_MS } from './testing/session-fixture.ts';

const RANGE = readRequest('esc', 0x25, 2);
const SPEED = readRequest('esc', 0xb5, 2);
const answer = (request: RegisterMessage, hex: string): RegisterMessage =>
  replyTo('esc', request, Buffer.from(hex, 'hex'));

let fixture: SessionFixture;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe.each(['encrypted', 'plain', 'xor'] as const)('a request in %s frames', (framing) => {
  beforeEach(() => void (fixture = new SessionFixture(framing)));

  it('is retransmitted until it is answered', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(2 * REQUEST_TIMEOUT_MS);
    fixture.reply(answer(RANGE, '320a'));
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
    expect(fixture.requests).toEqual([RANGE, RANGE, RANGE]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('times out after the total timeout', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    expect(await reply).toMatchObject({ code: 'timeout' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('names replies of another length in its timeout', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 0, max: MAX_READ_BYTES }), async (byteCount) => {
      fc.pre(byteCount !== 2);
      fixture = new SessionFixture(framing);
      const session = await fixture.openSession();
      fixture.onRequest = (request) => fixture.reply(replyTo('esc', request, Buffer.alloc(byteCount)));
      const reply = session.request(RANGE).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
      expect(await reply).toMatchObject({
        code: 'timeout',
        message: `Reading register 0x25 took longer than 6.5 s: the scooter answers ${byteCount} bytes instead of 2`,
      });
    });
    await fc.assert(property);
  });

  it('fails when the link ends, with the same reason', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    fixture.ended.abort(new ClientError('link_lost', 'gone'));
    expect(await reply).toMatchObject({ code: 'link_lost' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails when the client stops, with the same reason', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    fixture.stop.abort(new ClientError('aborted', 'enough'));
    expect(await reply).toMatchObject({ message: 'enough' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['ended', 'stop'] as const)('is not sent after the end (%s)', async (end) => {
    const session = await fixture.openSession();
    fixture[end].abort(new ClientError('link_lost', 'gone'));
    await expect(session.request(RANGE)).rejects.toMatchObject({ message: 'gone' });
    expect(fixture.requests).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails when its session is closed, which leaves no listener behind', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    session.close();
    expect(await reply).toMatchObject({ code: 'link_lost' });
    expect(fixture.subscribers).toBe(0);
    const listeners = [fixture.ended, fixture.stop].flatMap(({ signal }) =>
      getEventListeners(signal, 'abort'),
    );
    expect(listeners).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['another register', answer(SPEED, '0102')],
    ['too few bytes', answer(RANGE, '01')],
    ['too many bytes', answer(RANGE, '010203')],
    ['another device', replyTo('bms', RANGE, Buffer.from('0102', 'hex'))],
    ['another command', { ...answer(RANGE, '0102'), command: 0x05 }],
  ])('is not answered by %s', async (_, wrong) => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE);
    fixture.reply(wrong);
    fixture.reply(answer(RANGE, '320a'));
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
  });

  it('is not answered by a late or duplicate reply to an earlier one', async () => {
    const session = await fixture.openSession();
    fixture.onRequest = (request) => {
      if (request.register === RANGE.register) fixture.reply(answer(RANGE, '320a'), 3);
      else {
        fixture.reply(answer(RANGE, 'ffff'));
        fixture.reply(answer(SPEED, '1027'));
      }
    };
    expect(await session.request(RANGE)).toEqual(Buffer.from('320a', 'hex'));
    fixture.reply(answer(RANGE, 'ffff'));
    expect(await session.request(SPEED)).toEqual(Buffer.from('1027', 'hex'));
  });

  it('is answered even if stray bytes before the reply look like a long frame', async () => {
    const session = await fixture.openSession();
    fixture.notify(Buffer.from(framing === 'plain' ? '55aaff' : '55abff', 'hex'));
    fixture.onRequest = (request) => fixture.reply(answer(request, '320a'));
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
  });

  it('is answered by notifications that are later than a retransmission', async () => {
    const session = await fixture.openSession();
    const request = readRequest('esc', 0xb0, 32);
    const data = Buffer.alloc(32, 7);
    const pieces: Buffer[] = [];
    fixture.onRequest = () => pieces.push(...fixture.chunksOf(replyTo('esc', request, data)));
    const reply = session.request(request).catch((error: unknown) => error);
    const pace = setInterval(
      () => fixture.notify(pieces.shift() ?? Buffer.alloc(0)),
      REQUEST_TIMEOUT_MS + 50,
    );
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    clearInterval(pace);
    expect(await reply).toEqual(data);
  });

  it('is not retransmitted while its reply arrives, however long and however slowly', async () => {
    const byteCounts = fc.integer({ min: 1, max: MAX_READ_BYTES });
    const intervals = fc.integer({ min: 0, max: REQUEST_TIMEOUT_MS - 1 });
    const property = fc.asyncProperty(byteCounts, intervals, async (byteCount, intervalMs) => {
      fixture = new SessionFixture(framing);
      const session = await fixture.openSession();
      const request = readRequest('esc', 0xb0, byteCount);
      const data = Buffer.alloc(byteCount, 7);
      fixture.onRequest = () =>
        fixture
          .chunksOf(replyTo('esc', request, data))
          .forEach((piece, index) => setTimeout(() => fixture.notify(piece), (index + 1) * intervalMs));
      const reply = session.request(request).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
      expect(await reply).toEqual(data);
      expect(fixture.requests).toEqual([request]);
      expect(vi.getTimerCount()).toBe(0);
    });
    await fc.assert(property, { examples: [[32, 900]] });
  });

  it.each([
    ['intact', 2],
    ['damaged', 4],
  ] as const)(
    'is given up in silence after a late reply to an earlier one in several parts, %s',
    async (state, count) => {
      const session = await fixture.openSession();
      const speed = session.request(readRequest('esc', 0xb0, 32));
      const late = answer(readRequest('esc', 0xb0, 32), '00'.repeat(32));
      fixture.reply(late);
      await speed;
      const reply = session
        .request(RANGE, { silenceMs: 2 * REQUEST_TIMEOUT_MS })
        .catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(100);
      const parts = fixture.chunksOf(late);
      for (const part of state === 'damaged' ? parts.slice(0, -1) : parts) fixture.notify(part);
      await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
      expect(await reply).toBeInstanceOf(NoReplyError);
      expect(fixture.requests.slice(1)).toEqual(Array.from({ length: count }, () => RANGE));
    },
  );

  it('is given up in time although each repetition is answered with other registers, in several parts', async () => {
    const session = await fixture.openSession();
    const request = readRequest('esc', 0xb0, 32);
    const silenceMs = 2 * REQUEST_TIMEOUT_MS;
    fixture.onRequest = () => fixture.reply(answer(readRequest('esc', 0xb1, 32), '00'.repeat(32)));
    const beganMs = performance.now();
    const reply = session
      .request(request, { silenceMs })
      .catch((error: unknown) => ({ error, tookMs: performance.now() - beganMs }));
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    const { error, tookMs } = (await reply) as { error: unknown; tookMs: number };
    expect(error).toBeInstanceOf(NoReplyError);
    expect(tookMs).toBeLessThanOrEqual(silenceMs + 1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['first', 'repeated'])('fails if its %s write throws, and is not repeated', async (which) => {
    const session = await fixture.openSession();
    if (which === 'first') fixture.writeError = new Error('no such handle');
    const reply = session.request(RANGE).catch((error: unknown) => error);
    fixture.writeError = new Error('no such handle');
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
    expect(await reply).toMatchObject({ message: 'no such handle' });
    expect(fixture.numberOfWrites).toBe(which === 'first' ? 1 : 2);
    expect(vi.getTimerCount()).toBe(0);
    fixture.writeError = undefined;
    fixture.onRequest = (request) => fixture.reply(answer(request, '320a'));
    expect(await session.request(RANGE)).toEqual(Buffer.from('320a', 'hex'));
  });

  it('is rejected while another one is pending', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE);
    await expect(session.request(SPEED)).rejects.toThrow('still pending');
    fixture.reply(answer(RANGE, '320a'));
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
  });
});

describe('a request in encrypted frames', () => {
  beforeEach(() => void (fixture = new SessionFixture('encrypted')));

  it('is retransmitted with a new counter each time', async () => {
    const session = await fixture.openSession();
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(2 * REQUEST_TIMEOUT_MS);
    fixture.reply(answer(RANGE, '320a'));
    await reply;
    expect(fixture.counters).toEqual([0, 1, 2]);
  });

  it('is not answered by a duplicate of an earlier reply to the same request', async () => {
    const session = await fixture.openSession();
    const first = session.request(SPEED);
    fixture.reply(answer(SPEED, '0100'));
    await first;
    const second = session.request(RANGE);
    const repeated = fixture.reply(answer(RANGE, '320a'));
    await second;
    const third = session.request(RANGE);
    fixture.send(repeated);
    fixture.reply(answer(RANGE, '3109'));
    expect(await third).toEqual(Buffer.from('3109', 'hex'));
  });

  it('is answered by a scooter whose counter restarts, after one retransmission', async () => {
    const session = await fixture.openSession();
    fixture.onRequest = (request) => fixture.reply(answer(request, '0100'));
    for (let count = 0; count < 3; count++) await session.request(SPEED);
    const restarted = new SessionFixture('encrypted');
    fixture.onRequest = (request) => fixture.send(restarted.reply(answer(request, '320a')));
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
    expect(fixture.requests).toHaveLength(5);
  });

  it('is answered by a scooter whose counter never increases', async () => {
    const session = await fixture.openSession();
    for (let count = 0; count < 3; count++) {
      const reply = session.request(SPEED);
      fixture.send(new SessionFixture('encrypted').reply(answer(SPEED, '0100')));
      expect(await reply).toEqual(Buffer.from('0100', 'hex'));
    }
    expect(fixture.requests).toHaveLength(3);
  });
});

describe('a session', () => {
  beforeEach(() => void (fixture = new SessionFixture('encrypted')));

  it('is exhausted before its counter wraps, and sends nothing after that', async () => {
    fixture.isUnresponsive = true;
    const session = await fixture.openSession({ requestTimeoutMs: 1, totalTimeoutMs: 2 * MAX_COUNTER });
    const failed = session.request(RANGE).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(MAX_COUNTER - 100);
    expect(session.exhausted).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(session.exhausted).toBe(true);
    expect(await failed).toMatchObject({ code: 'link_lost' });
    // A frame of this request takes one write or two.
    expect(fixture.numberOfWrites).toBeLessThan(2 * MAX_COUNTER);
    const { numberOfWrites } = fixture;
    await expect(session.request(RANGE)).rejects.toMatchObject({ code: 'link_lost' });
    expect(fixture.numberOfWrites).toBe(numberOfWrites);
  });

  it('unsubscribes when it is closed', async () => {
    const session = await fixture.openSession();
    expect(fixture.subscribers).toBe(1);
    session.close();
    expect(fixture.subscribers).toBe(0);
  });

  it.each(['plain', 'xor'] as const)(
    'in %s frames is never exhausted',
    async (framing) => {
      fixture = new SessionFixture(framing);
      fixture.isUnresponsive = true;
      const session = await fixture.openSession({ requestTimeoutMs: 1, totalTimeoutMs: 70_000 });
      const failed = session.request(RANGE).catch((error: unknown) => error);
      await vi.advanceTimersByTimeAsync(70_000);
      expect(await failed).toMatchObject({ code: 'timeout' });
      expect(fixture.numberOfWrites).toBeGreaterThan(MAX_COUNTER);
      expect(session.exhausted).toBe(false);
    },
    20_000,
  );
});
