import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_COUNTER } from '../../protocol/encrypted-frame.ts';
import { readRequest, type RegisterMessage, replyTo } from '../../protocol/message.ts';
import { ClientError } from '../errors.ts';
import { REQUEST_TIMEOUT_MS, SessionBench, TOTAL_TIMEOUT_MS } from './testing/session-bench.ts';

const RANGE = readRequest('esc', 0x25, 2);
const SPEED = readRequest('esc', 0xb5, 2);
const answer = (request: RegisterMessage, hex: string): RegisterMessage =>
  replyTo('esc', request, Buffer.from(hex, 'hex'));

let bench: SessionBench;
beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe.each(['encrypted', 'plain'] as const)('a request in %s frames', (framing) => {
  beforeEach(() => void (bench = new SessionBench(framing)));

  it('is put again while no answer comes', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(2 * REQUEST_TIMEOUT_MS);
    bench.reply(answer(RANGE, '320a'));
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
    expect(bench.asked).toEqual([RANGE, RANGE, RANGE]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is given up after the time that the link may be silent', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(TOTAL_TIMEOUT_MS);
    expect(await reply).toMatchObject({ code: 'timeout' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with the link, for the reason of its end', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    bench.ended.abort(new ClientError('link_lost', 'gone'));
    expect(await reply).toMatchObject({ code: 'link_lost' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when the client is to stop, for the reason of that', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    bench.stop.abort(new ClientError('aborted', 'enough'));
    expect(await reply).toMatchObject({ message: 'enough' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['ended', 'stop'] as const)('is not put any more after the end (%s)', async (end) => {
    const session = await bench.openSession();
    bench[end].abort(new ClientError('link_lost', 'gone'));
    await expect(session.request(RANGE)).rejects.toMatchObject({ message: 'gone' });
    expect(bench.asked).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with its session, which leaves nobody listening', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE).catch((error: unknown) => error);
    session.close();
    expect(await reply).toMatchObject({ code: 'link_lost' });
    expect(bench.subscribers).toBe(0);
    const listeners = [bench.ended, bench.stop].flatMap(({ signal }) => getEventListeners(signal, 'abort'));
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
    const session = await bench.openSession();
    const reply = session.request(RANGE);
    bench.reply(wrong);
    bench.reply(answer(RANGE, '320a'));
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
  });

  it('is not answered by a late or repeated reply to an earlier one', async () => {
    const session = await bench.openSession();
    bench.onRequest = (request) => {
      if (request.register === RANGE.register) bench.reply(answer(RANGE, '320a'), 3);
      else {
        bench.reply(answer(RANGE, 'ffff'));
        bench.reply(answer(SPEED, '1027'));
      }
    };
    expect(await session.request(RANGE)).toEqual(Buffer.from('320a', 'hex'));
    bench.reply(answer(RANGE, 'ffff'));
    expect(await session.request(SPEED)).toEqual(Buffer.from('1027', 'hex'));
  });

  it('is answered although stray bytes before the reply look like a long frame', async () => {
    const session = await bench.openSession();
    bench.notify(Buffer.from(framing === 'plain' ? '55aaff' : '55abff', 'hex'));
    bench.onRequest = (request) => bench.reply(answer(request, '320a'));
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
  });

  it('waits for no other: one is open at a time', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE);
    await expect(session.request(SPEED)).rejects.toThrow('still open');
    bench.reply(answer(RANGE, '320a'));
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
  });
});

describe('a request in encrypted frames', () => {
  beforeEach(() => void (bench = new SessionBench('encrypted')));

  it('is put again each time with a counter of its own', async () => {
    const session = await bench.openSession();
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(2 * REQUEST_TIMEOUT_MS);
    bench.reply(answer(RANGE, '320a'));
    await reply;
    expect(bench.counters).toEqual([0, 1, 2]);
  });

  it('is not answered by the repetition of a reply to the same request before', async () => {
    const session = await bench.openSession();
    const first = session.request(SPEED);
    bench.reply(answer(SPEED, '0100'));
    await first;
    const second = session.request(RANGE);
    const repeated = bench.reply(answer(RANGE, '320a'));
    await second;
    const third = session.request(RANGE);
    bench.send(repeated);
    bench.reply(answer(RANGE, '3109'));
    expect(await third).toEqual(Buffer.from('3109', 'hex'));
  });

  it('is answered by a scooter whose counter begins anew, once it has been put again', async () => {
    const session = await bench.openSession();
    bench.onRequest = (request) => bench.reply(answer(request, '0100'));
    for (let count = 0; count < 3; count++) await session.request(SPEED);
    const restarted = new SessionBench('encrypted');
    bench.onRequest = (request) => bench.send(restarted.reply(answer(request, '320a')));
    const reply = session.request(RANGE);
    await vi.advanceTimersByTimeAsync(REQUEST_TIMEOUT_MS);
    expect(await reply).toEqual(Buffer.from('320a', 'hex'));
    expect(bench.asked).toHaveLength(5);
  });

  it('is answered by a scooter whose counter stands still', async () => {
    const session = await bench.openSession();
    for (let count = 0; count < 3; count++) {
      const reply = session.request(SPEED);
      bench.send(new SessionBench('encrypted').reply(answer(SPEED, '0100')));
      expect(await reply).toEqual(Buffer.from('0100', 'hex'));
    }
    expect(bench.asked).toHaveLength(3);
  });
});

describe('a session', () => {
  beforeEach(() => void (bench = new SessionBench('encrypted')));

  it('is exhausted before its counter wraps, and seals nothing more then', async () => {
    bench.isDeaf = true;
    const session = await bench.openSession({ requestTimeoutMs: 1, totalTimeoutMs: 2 * MAX_COUNTER });
    const failed = session.request(RANGE).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(MAX_COUNTER - 100);
    expect(session.exhausted).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(session.exhausted).toBe(true);
    expect(await failed).toMatchObject({ code: 'link_lost' });
    // A frame of this request takes one write or two.
    expect(bench.writes).toBeLessThan(2 * MAX_COUNTER);
    const { writes } = bench;
    await expect(session.request(RANGE)).rejects.toMatchObject({ code: 'link_lost' });
    expect(bench.writes).toBe(writes);
  }, 20_000);

  it('listens no longer once it is closed', async () => {
    const session = await bench.openSession();
    expect(bench.subscribers).toBe(1);
    session.close();
    expect(bench.subscribers).toBe(0);
  });

  it('in plain frames is never exhausted', async () => {
    bench = new SessionBench('plain');
    bench.isDeaf = true;
    const session = await bench.openSession({ requestTimeoutMs: 1, totalTimeoutMs: 70_000 });
    const failed = session.request(RANGE).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(70_000);
    expect(await failed).toMatchObject({ code: 'timeout' });
    expect(bench.writes).toBeGreaterThan(MAX_COUNTER);
    expect(session.exhausted).toBe(false);
  }, 20_000);
});
