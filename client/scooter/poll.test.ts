import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RegisterMessage, replyTo } from '../../protocol/message.ts';
import { DEFAULT_UNITS } from '../../protocol/models.ts';
import { type Block, BLOCKS } from '../../protocol/registers/table.ts';
import { createLogger } from '../log.ts';
import { Poller, type Telemetry } from './poll.ts';
import { REQUEST_TIMEOUT_MS, SessionFixture, TOTAL_TIMEOUT_MS } from './testing/session-fixture.ts';

const NAMES = ['live', 'battery', 'range'] as const;
type Name = (typeof NAMES)[number];
const INTERVAL_MS = 5_000;
const RETRY_MS = 60_000;
const LATENCY_MS = 20;
/** Factor between a byte and the word of two such bytes. */
const REPEATED_BYTE = 0x101;

const nameOf = ({ register }: RegisterMessage): Name | undefined =>
  NAMES.find((name) => BLOCKS[name].register === register);

let fixture: SessionFixture;
let log: string[];
let reasons: unknown[];
beforeEach(() => {
  vi.useFakeTimers();
  fixture = new SessionFixture();
  log = [];
  reasons = [];
});
afterEach(() => vi.useRealTimers());

async function openPoller(): Promise<Poller> {
  const timeouts = { requestTimeoutMs: REQUEST_TIMEOUT_MS, totalTimeoutMs: TOTAL_TIMEOUT_MS };
  const sink = {
    write: (line: string) => {
      const { msg, reason } = JSON.parse(line) as { msg: string; reason?: unknown };
      log.push(msg);
      reasons.push(reason);
    },
  };
  return new Poller(await fixture.openSession(), {
    units: DEFAULT_UNITS,
    ...timeouts,
    log: createLogger({ level: 'info', format: 'json', sink }),
  });
}

/** A reply whose every byte is `fill`, so that its age shows in its values. */
function replyWith(request: RegisterMessage, fill: number): RegisterMessage {
  const name = nameOf(request);
  const block: Block = BLOCKS[name ?? 'live'];
  return replyTo(block.device, request, Buffer.alloc(block.bytes, fill));
}

/** The scooter answers these blocks, after a moment. */
function answer(names: readonly Name[], fill = 1): void {
  fixture.onRequest = (request) => {
    const name = nameOf(request);
    if (!name || !names.includes(name)) return;
    setTimeout(() => fixture.reply(replyWith(request, fill)), LATENCY_MS);
  };
}

const answeredIn = (telemetry: Telemetry): Name[] => NAMES.filter((name) => telemetry[name] !== null);

/** Runs `act` in virtual time. @returns its result or error, and the milliseconds that it took */
async function timed<T>(act: Promise<T>): Promise<{ result: T | Error; tookMs: number }> {
  const beganMs = performance.now();
  let tookMs = 0;
  const settled = act
    .catch((error: unknown) => error as Error)
    .finally(() => (tookMs = performance.now() - beganMs));
  await vi.advanceTimersByTimeAsync(5 * TOTAL_TIMEOUT_MS);
  return { result: await settled, tookMs };
}

const requestsOf = (name: Name): number =>
  fixture.requests.filter((request) => nameOf(request) === name).length;

describe('a poll cycle', () => {
  it('has the values of the blocks that answer, and null for those that stay silent, whichever they are', async () => {
    const property = fc.asyncProperty(fc.subarray([...NAMES], { minLength: 1 }), async (names) => {
      fixture = new SessionFixture();
      const poller = await openPoller();
      answer(names);
      const { result } = await timed(poller.poll());
      expect(answeredIn(result as Telemetry)).toEqual(NAMES.filter((name) => names.includes(name)));
      expect(vi.getTimerCount()).toBe(0);
    });
    await fc.assert(property);
  });

  it('has the newest values of exactly the blocks that answered any request, whenever they fall silent', async () => {
    const answers = fc.array(fc.boolean(), { minLength: 1, maxLength: 6 });
    const property = fc.asyncProperty(fc.tuple(answers, answers, answers), async (schedule) => {
      fixture = new SessionFixture();
      const poller = await openPoller();
      const newest: Partial<Record<Name, number>> = {};
      let repliedMs = performance.now();
      fixture.onRequest = (request) => {
        const name = nameOf(request) ?? 'live';
        // After the last entry of its schedule a block stays silent.
        if (schedule[NAMES.indexOf(name)]?.[requestsOf(name) - 1] !== true) return;
        newest[name] = fixture.requests.length;
        repliedMs = performance.now();
        fixture.reply(replyWith(request, fixture.requests.length));
      };
      const beganMs = performance.now();
      const { result, tookMs } = await timed(poller.poll());
      if (result instanceof Error) {
        expect(result).toMatchObject({ code: 'timeout' });
        expect(Math.round(beganMs + tookMs - repliedMs)).toBe(TOTAL_TIMEOUT_MS);
        return;
      }
      const { live, battery, range } = result;
      const remaining = range && Math.round(100 * range.remainingRangeKm);
      const raw = [live?.error, battery?.remainingMah, remaining ?? undefined];
      const replied = NAMES.map((name) => newest[name] && newest[name] * REPEATED_BYTE);
      expect(raw).toEqual(replied);
    });
    await fc.assert(property);
  });

  it('never has a value from an earlier cycle, in whatever order blocks fall silent and answer again', async () => {
    const cycles = fc.array(fc.subarray([...NAMES]), { minLength: 1, maxLength: 30 });
    const property = fc.asyncProperty(cycles, async (answering) => {
      fixture = new SessionFixture();
      let poller = await openPoller();
      for (const [index, names] of answering.entries()) {
        const fill = index + 1;
        answer(names, fill);
        const { result, tookMs } = await timed(poller.poll());
        if (result instanceof Error) {
          // The link is given up; the next one starts anew.
          expect(result).toMatchObject({ code: 'timeout' });
          expect(tookMs).toBeLessThanOrEqual(TOTAL_TIMEOUT_MS + NAMES.length * LATENCY_MS);
          poller = await openPoller();
          continue;
        }
        expect(names).toEqual(expect.arrayContaining(answeredIn(result)));
        const { live, battery, range } = result;
        const raw = fill * REPEATED_BYTE;
        expect(live?.error ?? raw).toBe(raw);
        expect(battery?.remainingMah ?? raw).toBe(raw);
        expect(range?.remainingRangeKm ?? raw / 100).toBe(raw / 100);
        await timed(poller.retry(performance.now() + INTERVAL_MS));
      }
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it.each(NAMES)('is complete if the block %s answers late, as after a radio gap', async (name) => {
    const property = fc.asyncProperty(fc.integer({ min: 0, max: 4_900 }), async (gapMs) => {
      fixture = new SessionFixture();
      const poller = await openPoller();
      let gapEndMs: number | undefined;
      fixture.onRequest = (request) => {
        if (nameOf(request) === name) gapEndMs ??= performance.now() + gapMs;
        const waitMs = Math.max(0, (gapEndMs ?? 0) - performance.now());
        // A link preserves order.
        setTimeout(() => fixture.reply(replyWith(request, 1)), waitMs + LATENCY_MS);
      };
      const { result, tookMs } = await timed(poller.poll());
      expect(answeredIn(result as Telemetry)).toEqual(NAMES);
      expect(tookMs).toBeLessThanOrEqual(gapMs + REQUEST_TIMEOUT_MS);
      expect(log).toEqual([]);
    });
    await fc.assert(property);
  });

  it('ends with the reply that completes it, however late, and in whichever round', async () => {
    const delays = fc.record({
      latencyMs: fc.integer({ min: 1, max: REQUEST_TIMEOUT_MS - 1 }),
      gapBeginMs: fc.integer({ min: 0, max: 3 * REQUEST_TIMEOUT_MS }),
      gapMs: fc.integer({ min: 0, max: 4_000 }),
    });
    const property = fc.asyncProperty(delays, async ({ latencyMs, gapBeginMs, gapMs }) => {
      fixture = new SessionFixture();
      const poller = await openPoller();
      const beganMs = performance.now();
      const missing = new Set<Name>(NAMES);
      let completeMs: number | undefined;
      fixture.onRequest = (request) => {
        const arrivesMs = performance.now() - beganMs + latencyMs;
        const isHeld = arrivesMs >= gapBeginMs && arrivesMs < gapBeginMs + gapMs;
        const waitMs = latencyMs + (isHeld ? gapBeginMs + gapMs - arrivesMs : 0);
        setTimeout(() => {
          missing.delete(nameOf(request) ?? 'live');
          if (missing.size === 0) completeMs ??= performance.now() - beganMs;
          fixture.reply(replyWith(request, 1));
        }, waitMs);
      };
      const { result, tookMs } = await timed(poller.poll());
      expect(answeredIn(result as Telemetry)).toEqual(NAMES);
      expect(tookMs).toBe(completeMs);
    });
    await fc.assert(property, {
      examples: [[{ latencyMs: 690, gapBeginMs: 1_940, gapMs: 2_129 }]],
    });
  });

  it.each(NAMES)('is complete if the first requests for the block %s are lost', async (name) => {
    const poller = await openPoller();
    answer(NAMES);
    const { onRequest } = fixture;
    fixture.onRequest = (request) => {
      if (nameOf(request) !== name || requestsOf(name) > 2) onRequest(request);
    };
    const { result } = await timed(poller.poll());
    expect(answeredIn(result as Telemetry)).toEqual(NAMES);
    expect(log).toEqual([]);
  });

  it.each(NAMES)('is complete if replies to the block %s are damaged, in either round', async (name) => {
    for (const damaged of [[1], [1, 2], [2], [3], [2, 3]]) {
      for (const lost of [[], [1, 2]]) {
        fixture = new SessionFixture();
        const poller = await openPoller();
        answer(NAMES);
        const { onRequest } = fixture;
        fixture.onRequest = (request) => {
          const count = requestsOf(name);
          if (nameOf(request) !== name) onRequest(request);
          else if (damaged.includes(count))
            setTimeout(() => fixture.notify(Buffer.alloc(20, 0x5a)), LATENCY_MS);
          else if (!lost.includes(count)) onRequest(request);
        };
        const { result } = await timed(poller.poll());
        expect(answeredIn(result as Telemetry)).toEqual(NAMES);
      }
    }
    expect(log).toEqual([]);
  });

  it('does not fall behind the sampling interval when one block falls silent', async () => {
    for (const name of NAMES) {
      fixture = new SessionFixture();
      const poller = await openPoller();
      answer(NAMES.filter((other) => other !== name));
      const { tookMs } = await timed(poller.poll());
      expect(tookMs).toBeLessThan(INTERVAL_MS);
    }
  });

  it.each([[[]], [['live']], [['live', 'battery']]] as const)(
    'gives the link up once nothing was answered for the total timeout, after replies of %j',
    async (names) => {
      const poller = await openPoller();
      const answered = new Set<Name>(names);
      fixture.onRequest = (request) => {
        const name = nameOf(request);
        if (name && answered.delete(name)) fixture.reply(replyWith(request, 1));
      };
      const { result, tookMs } = await timed(poller.poll());
      expect(result).toMatchObject({
        code: 'timeout',
        message: `The scooter has answered nothing for ${TOTAL_TIMEOUT_MS / 1000} s`,
      });
      expect(Math.round(tookMs)).toBe(TOTAL_TIMEOUT_MS);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('gives the link up if replies stay damaged, as they are no silence', async () => {
    const poller = await openPoller();
    answer(['live', 'range']);
    const { onRequest } = fixture;
    fixture.onRequest = (request) => {
      if (nameOf(request) === 'battery') setTimeout(() => fixture.notify(Buffer.alloc(20, 0x5a)), LATENCY_MS);
      else onRequest(request);
    };
    expect((await timed(poller.poll())).result).toMatchObject({ code: 'timeout' });
  });

  it('has null for a block that is answered in another length, and the log says so', async () => {
    const poller = await openPoller();
    answer(['live', 'range']);
    const { onRequest } = fixture;
    fixture.onRequest = (request) => {
      if (nameOf(request) === 'battery') fixture.reply(replyTo('bms', request, Buffer.alloc(30)));
      else onRequest(request);
    };
    const { result } = await timed(poller.poll());
    expect(answeredIn(result as Telemetry)).toEqual(['live', 'range']);
    expect(reasons).toEqual(['Reading register 0x31 failed: the scooter answers 30 bytes instead of 10']);
  });
});

describe('a block that stays silent', () => {
  it('is asked once a minute, briefly, until it answers again, with one log line each', async () => {
    const poller = await openPoller();
    answer(['live', 'range']);
    await timed(poller.poll());
    fixture.requests.length = 0;
    const beganMs = performance.now();
    for (let cycle = 0; performance.now() < beganMs + 5 * RETRY_MS; cycle += 1) {
      const { tookMs } = await timed(poller.poll());
      expect(tookMs).toBeLessThan(4 * LATENCY_MS);
      expect((await timed(poller.retry(performance.now() + INTERVAL_MS))).tookMs).toBeLessThanOrEqual(
        REQUEST_TIMEOUT_MS,
      );
    }
    expect(requestsOf('battery')).toBeGreaterThanOrEqual(4);
    expect(requestsOf('battery')).toBeLessThanOrEqual(5);
    expect(log).toEqual([
      'the scooter does not answer for the battery: publishing null, asking again every 60 s',
    ]);

    answer(NAMES);
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    await timed(poller.retry(performance.now() + INTERVAL_MS));
    const { result } = await timed(poller.poll());
    expect(answeredIn(result as Telemetry)).toEqual(NAMES);
    expect(log.slice(1)).toEqual(['the scooter answers for the battery again']);
  });

  it('counts as answering if its reply comes after the wait for it', async () => {
    const poller = await openPoller();
    answer(['live', 'range']);
    await timed(poller.poll());
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    fixture.onRequest = (request) => void setTimeout(() => fixture.reply(replyWith(request, 1)), 300);
    expect((await timed(poller.retry(performance.now() + 50))).tookMs).toBeLessThan(300);
    const { result } = await timed(poller.poll());
    expect(answeredIn(result as Telemetry)).toEqual(NAMES);
  });
});
