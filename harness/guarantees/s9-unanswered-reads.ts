import type { EventOf } from '../world/trace/event.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { formatCount, formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { blockAt, CYCLE_BLOCKS, SILENT_TRANSMISSIONS } from './view/blocks.ts';
import { countUntil, lastUntil } from './view/search.ts';

/** Interval at which the client asks for a silent block (docs/topics.md). */
const SILENT_INTERVAL_MS = 60_000;
/** Timers truncate fractions of a millisecond, and requests wait for a connection event. */
const ROUNDING_MS = 500;

export const UNANSWERED_READS_RULES: readonly Rule[] = [
  {
    checks:
      'Reads of a register of a sample that the scooter leaves unanswered, on one link, unless no other one is answered either, without the first one after a reply in the same poll, and those before a late reply to an earlier read',
    bound: `${SILENT_TRANSMISSIONS} in ${formatSeconds(SILENT_INTERVAL_MS)} without an answer in between`,
    excuses: [],
  },
  {
    checks: 'Reads of any other register that the scooter leaves unanswered, on one link',
    bound: 'one each request_timeout, for supervision_timeout + request_timeout',
    excuses: [],
  },
];

type Read = EventOf<'reply.sent' | 'reply.withheld'>;

/** Checks how often the client asks for registers that the scooter does not answer. */
export function checkUnansweredReads(view: TraceView, facts: RunFacts, tally: Tally): void {
  const maxOther = maxRetransmissions(facts);
  const silence = new LinkSilence(view);
  const unanswered = new Map<string, number[]>();
  /** The poll of the last reply to each register: one unanswered read after it is of the second round of that poll. */
  const answeredIn = new Map<string, number>();
  for (const read of view.reads) {
    const { atMs, waitedMs = 0, device, register } = read;
    const askedMs = atMs - waitedMs;
    const link = lastUntil(view.links, atMs, ({ beginMs }) => beginMs)?.beginMs ?? 0;
    const isSilent = silence.add(read, link);
    const key = `${link} ${device} ${register}`;
    const poll = countUntil(view.cycles, atMs, ({ dueMs }) => dueMs);
    if (read.type === 'reply.sent') {
      unanswered.delete(key);
      answeredIn.set(key, poll);
      continue;
    }
    const isPolled = blockAt(device, register) >= 0;
    const isSecondRound = answeredIn.get(key) === poll;
    answeredIn.delete(key);
    if (isPolled && (isSilent || isSecondRound)) continue;
    const count = isPolled ? SILENT_TRANSMISSIONS : maxOther;
    const spanMs = isPolled ? SILENT_INTERVAL_MS : Infinity;
    const before = unanswered.get(key) ?? [];
    const isLateReply = isPolled && hasLateReply(before.at(-1) ?? askedMs, askedMs, view);
    const times = [...(isLateReply ? [] : before), askedMs].slice(-count - 1);
    unanswered.set(key, times);
    tally.countChecks();
    const overMs = askedMs - (times[0] ?? askedMs);
    if (times.length <= count || overMs + ROUNDING_MS >= spanMs) continue;
    unanswered.delete(key);
    tally.addViolation({
      atMs,
      what: isPolled
        ? 'the client asked a silent block too often'
        : 'the client repeated an unanswered request too often',
      bound: `${formatCount(count, 'request')}${isPolled ? ` in ${formatSeconds(spanMs)}` : ''}`,
      measured: `${formatCount(times.length, 'request')} in ${formatSeconds(overMs)}`,
    });
  }
}

/**
 * Whether a reply to a read before an unanswered one has arrived between that and the next one: the client waits while
 * nothing arrives, so the wait has begun again.
 */
function hasLateReply(readMs: number, nextMs: number, { received }: TraceView): boolean {
  const arrived = received.slice(
    countUntil(received, readMs, ({ atMs }) => atMs),
    countUntil(received, nextMs, ({ atMs }) => atMs),
  );
  return arrived.some(({ askedMs }) => askedMs <= readMs);
}

/** Number of transmissions of a request that may take supervision_timeout + request_timeout. */
function maxRetransmissions({ config }: RunFacts): number {
  const { supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  return Math.ceil((supervisionTimeoutMs + requestTimeoutMs) / requestTimeoutMs);
}

/**
 * Whether no block is answered: then the client cannot tell a silent block from a silent link, and repeats its
 * request until the link has been silent for too long. Blocks that were silent before are not asked for.
 */
class LinkSilence {
  readonly #view: TraceView;
  #link = -Infinity;
  /** When each block was last asked for on this link, and how many times without an answer. */
  #asked: { atMs: number; withheld: number }[] = [];

  constructor(view: TraceView) {
    this.#view = view;
  }

  /**
   * @param link begin of the link
   * @returns whether no block but that of this read has been answered since it was asked for
   */
  add({ type, atMs, device, register }: Read, link: number): boolean {
    if (link !== this.#link) {
      this.#link = link;
      this.#asked = CYCLE_BLOCKS.map(() => ({ atMs: -Infinity, withheld: 0 }));
    }
    const receivedMs = lastUntil(this.#view.received, atMs, (reply) => reply.atMs)?.atMs ?? 0;
    const own = this.#asked[blockAt(device, register)];
    if (own) {
      own.withheld = type === 'reply.withheld' ? own.withheld + 1 : 0;
      own.atMs = atMs;
    }
    return this.#asked.every(
      (block) => block === own || block.atMs > receivedMs || block.withheld >= SILENT_TRANSMISSIONS,
    );
  }
}
