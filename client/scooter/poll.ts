import type { ModelUnits } from '../../protocol/models.ts';
import { type BlockRead, blockReads, joinReplies } from '../../protocol/registers/block-reads.ts';
import { decodeBlock } from '../../protocol/registers/codec.ts';
import type { Row } from '../../protocol/registers/row.ts';
import { type Block, BLOCKS } from '../../protocol/registers/table.ts';
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { NoReplyError, type Session } from './session.ts';

const { live, battery, range } = BLOCKS;

/** Register blocks read for each sample, in this order, and what they contain. */
const POLLED: ReadonlyMap<Block, string> = new Map<Block, string>([
  [live, 'speed, distances and state'],
  [battery, 'the battery'],
  [range, 'the remaining range'],
]);

/**
 * Number of transmissions for which a block is waited for, in the first round of a cycle and in the second one. Requests
 * and replies can be lost, so one round is no evidence that a block is silent.
 */
const ROUNDS = [2, 1] as const;
/** Interval at which silent blocks are asked again. */
const RETRY_MS = 60_000;
/** The shortest wait for a silent block. */
const MIN_RETRY_MS = 100;

type ValuesOf<B extends Block> = Readonly<ReturnType<typeof decodeBlock<B['rows']>>>;

/** Values read in one poll cycle, by block and name in the register table; null for a block that stays silent. */
export interface Telemetry {
  readonly live: ValuesOf<typeof live> | null;
  readonly battery: ValuesOf<typeof battery> | null;
  readonly range: ValuesOf<typeof range> | null;
}

export interface PollerOptions {
  readonly units: ModelUnits;
  /** As in the options of the session. */
  readonly requestTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly log: Logger;
}

/** Reads the register blocks of each sample on one link. A block that stays silent does not cost the others. */
export class Poller {
  readonly #session: Session;
  readonly #options: PollerOptions;
  /** The reads of each block. */
  readonly #reads: ReadonlyMap<Block, readonly BlockRead[]>;
  /** The first read of each silent block that was not answered, and when to send it again. */
  readonly #silent = new Map<BlockRead, number>();

  constructor(session: Session, options: PollerOptions) {
    this.#session = session;
    this.#options = options;
    this.#reads = new Map(
      [...POLLED.keys()].map((block) => [block, blockReads(block, session.maxReadBytes)]),
    );
  }

  /**
   * Reads all blocks except those that are known to be silent.
   * @throws ClientError `timeout` if the scooter answers nothing for `totalTimeoutMs`, and the errors of the session.
   */
  async poll(): Promise<Telemetry> {
    const asked = [...this.#reads.values()].filter((reads) => !reads.some((read) => this.#silent.has(read)));
    const cycle = new Cycle(asked.flat(), this.#session, this.#options, (read) => this.#answered(read));
    await cycle.run();
    for (const reads of asked) {
      const [read, error] = cycle.unanswered.find(([each]) => reads.includes(each)) ?? [];
      if (read && error) this.#silenced(read, error);
    }
    const valuesOf = <Rows extends Record<string, Row>>(block: Block<Rows>) => {
      const bytes = joinReplies(this.#reads.get(block) ?? [], cycle.replies);
      return bytes ? decodeBlock(block, bytes, this.#options.units) : null;
    };
    return { live: valuesOf(live), battery: valuesOf(battery), range: valuesOf(range) };
  }

  /** Asks a silent block again, if it is time to. @param nextMs when the next cycle is due: the wait ends before */
  async retry(nextMs: number): Promise<void> {
    const nowMs = performance.now();
    const [read] = [...this.#silent].find(([, retryMs]) => retryMs <= nowMs) ?? [];
    if (!read) return;
    this.#silent.set(read, nowMs + RETRY_MS);
    const silenceMs = Math.min(Math.max(nextMs - nowMs, MIN_RETRY_MS), this.#options.requestTimeoutMs);
    const onLate = (): void => this.#answered(read);
    try {
      await this.#session.request(read.request, { silenceMs, onLate });
      this.#answered(read);
    } catch (error) {
      if (!(error instanceof NoReplyError)) throw error;
    }
  }

  #silenced(read: BlockRead, { message }: NoReplyError): void {
    this.#silent.set(read, performance.now() + RETRY_MS);
    this.#options.log.warn(
      { reason: message },
      `the scooter does not answer for ${POLLED.get(read.block)}: publishing null, asking again every ${RETRY_MS / 1000} s`,
    );
  }

  #answered(read: BlockRead): void {
    if (this.#silent.delete(read)) {
      this.#options.log.info(`the scooter answers for ${POLLED.get(read.block)} again`);
    }
  }
}

/**
 * Requests for one sample. A link preserves order: after a radio gap, the reply to an unanswered request arrives before
 * the reply to a later one. So a block is silent only if a later request is answered and its own is not, in both rounds.
 */
class Cycle {
  readonly replies = new Map<BlockRead, Buffer>();
  readonly #reads: readonly BlockRead[];
  readonly #session: Session;
  readonly #options: PollerOptions;
  readonly #onAnswered: (read: BlockRead) => void;
  readonly #errors = new Map<BlockRead, NoReplyError>();
  /** When the scooter last answered, or the cycle began. */
  #answeredMs = performance.now();
  #isLastAnswered = true;
  #isAsking = false;
  /** Whether a late reply to the last read has completed the cycle. */
  #isCompletedLate = false;

  constructor(
    reads: readonly BlockRead[],
    session: Session,
    options: PollerOptions,
    onAnswered: (read: BlockRead) => void,
  ) {
    this.#reads = reads;
    this.#session = session;
    this.#options = options;
    this.#onAnswered = onAnswered;
  }

  /** Reads without a reply. */
  get unanswered(): (readonly [BlockRead, NoReplyError])[] {
    return [...this.#errors].filter(([read]) => !this.replies.has(read));
  }

  async run(): Promise<void> {
    for (const transmissions of ROUNDS) {
      for (const read of this.#reads) {
        const isFollowed = this.replies.size > 0 || read !== this.#reads.at(-1);
        await this.#ask(read, isFollowed ? transmissions * this.#options.requestTimeoutMs : undefined);
        if (this.#isCompletedLate) return;
      }
      if (this.unanswered.length === 0) return;
    }
    const [answering] = this.replies.keys();
    while (answering && !this.#isLastAnswered && !this.#isCompletedLate) await this.#ask(answering);
  }

  /** @param limitMs the longest wait while nothing arrives; by default as long as the link may stay silent */
  async #ask(read: BlockRead, limitMs?: number): Promise<void> {
    const answeredMs = this.#answeredMs;
    const remainingMs = Math.max(0, answeredMs + this.#options.totalTimeoutMs - performance.now());
    // Leaves half of the time for the requests that follow.
    const silenceMs = limitMs === undefined ? remainingMs : Math.min(limitMs, remainingMs / 2);
    const onLate = (data: Buffer): void => this.#receiveLate(read, data);
    this.#isAsking = true;
    try {
      this.#receive(read, await this.#session.request(read.request, { silenceMs, onLate }));
      this.#isLastAnswered = true;
    } catch (error) {
      if (!(error instanceof NoReplyError)) throw error;
      this.#errors.set(read, error);
      this.#isLastAnswered = false;
      const isLinkSilent = limitMs === undefined && this.#answeredMs === answeredMs;
      if (isLinkSilent) throw this.#linkSilent(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #receive(read: BlockRead, data: Buffer): void {
    this.replies.set(read, data);
    this.#answeredMs = performance.now();
    this.#onAnswered(read);
  }

  /** A late reply to the last read may complete the cycle: the request that was sent meanwhile is not needed. */
  #receiveLate(read: BlockRead, data: Buffer): void {
    this.#receive(read, data);
    const isComplete = read === this.#reads.at(-1) && this.#reads.every((each) => this.replies.has(each));
    if (!this.#isAsking || !isComplete) return;
    this.#isCompletedLate = true;
    this.#session.abandonRequest();
  }

  #linkSilent(cause: NoReplyError): ClientError {
    const seconds = this.#options.totalTimeoutMs / 1000;
    return new ClientError('timeout', `The scooter has answered nothing for ${seconds} s`, { cause });
  }
}
