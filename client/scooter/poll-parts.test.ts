import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readRequest, type RegisterMessage, replyTo, requestedDevice } from '../../protocol/message.ts';
import { DEFAULT_UNITS } from '../../protocol/models.ts';
import { createLogger } from '../log.ts';
import { Poller, type Telemetry } from './poll.ts';
import { REQUEST_TIMEOUT_MS, SessionFixture, TOTAL_TIMEOUT_MS } from './testing/session-fixture.ts';

/** What a client reads that can decode replies of up to nine bytes. */
const READS = {
  live: [
    readRequest('esc', 0xb0, 8),
    readRequest('esc', 0xb4, 6),
    readRequest('esc', 0xb7, 8),
    readRequest('esc', 0xbb, 2),
  ],
  battery: [readRequest('bms', 0x31, 8), readRequest('bms', 0x35, 2)],
  range: [readRequest('esc', 0x25, 2)],
} as const;
const NAMES = ['live', 'battery', 'range'] as const;
const ALL: readonly RegisterMessage[] = NAMES.flatMap((name) => READS[name]);
const RETRY_MS = 60_000;

let fixture: SessionFixture;
let poller: Poller;
let log: string[];
beforeEach(async () => {
  vi.useFakeTimers();
  await openPoller();
});
afterEach(() => vi.useRealTimers());

async function openPoller(): Promise<void> {
  fixture = new SessionFixture('shortXor');
  log = [];
  const sink = { write: (line: string) => log.push((JSON.parse(line) as { msg: string }).msg) };
  poller = new Poller(await fixture.openSession(), {
    units: DEFAULT_UNITS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
}

/** The scooter answers these reads; each byte of a reply is the number of its register. */
function answer(reads: readonly RegisterMessage[]): void {
  fixture.onRequest = (request) => {
    const read = reads.find(
      ({ register, address }) => register === request.register && address === request.address,
    );
    const device = requestedDevice(request);
    if (read && device)
      fixture.reply(replyTo(device, request, Buffer.alloc(request.data[0] ?? 0, request.register)));
  };
}

async function poll(): Promise<Telemetry> {
  const polled = poller.poll();
  await vi.advanceTimersByTimeAsync(10 * TOTAL_TIMEOUT_MS);
  return polled;
}

const answeredIn = (telemetry: Telemetry): string[] => NAMES.filter((name) => telemetry[name] !== null);

describe('a poll in small parts', () => {
  it('has the values of all parts', async () => {
    answer(ALL);
    const { live, battery, range } = await poll();
    expect(fixture.requests).toEqual(ALL);
    expect(live).toMatchObject({ mode: 0xb0b0, odometerM: 0xb7b7b7b7, tripM: 0xb7b7 * 10, uptimeS: 0xb7b7 });
    expect(battery).toMatchObject({
      voltageV: 0x3131 / 100,
      temperature1C: 0x35 - 20,
      temperature2C: 0x35 - 20,
    });
    expect(range).toEqual({ remainingRangeKm: 0x2525 / 100 });
  });

  it('has null for exactly the blocks of which a part stays silent', async () => {
    const property = fc.asyncProperty(fc.subarray([...ALL], { minLength: 1 }), async (reads) => {
      await openPoller();
      answer(reads);
      const isAnswered = (name: (typeof NAMES)[number]): boolean =>
        READS[name].every((read) => reads.includes(read));
      expect(answeredIn(await poll())).toEqual(NAMES.filter(isAnswered));
      expect(log).toHaveLength(NAMES.filter((name) => !isAnswered(name)).length);
      expect(vi.getTimerCount()).toBe(0);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('has the block again once its silent part answers', async () => {
    answer(ALL.filter((read) => read !== READS.live[2]));
    expect(answeredIn(await poll())).toEqual(['battery', 'range']);
    answer(ALL);
    expect(answeredIn(await poll())).toEqual(['battery', 'range']);
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    await poller.retry(performance.now() + RETRY_MS);
    expect(answeredIn(await poll())).toEqual(['live', 'battery', 'range']);
    expect(log).toEqual([expect.stringContaining('does not answer'), expect.stringContaining('answers')]);
  });
});
