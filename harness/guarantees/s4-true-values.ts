import type { ExpectedFields } from '../oracle/expected.ts';
import { scooterModel, type ScooterModel } from '../oracle/scooter-models.ts';
import { parseSampleId, type SampleId } from '../world/trace/sample-id.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import {
  POSITION_RULES,
  positionMismatch,
  resolutionDeg,
  formatValue,
  type Mismatch,
  type AppendWindow,
} from './position-check.ts';
import type { ClockOptions } from '../scenario/format/scenario.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import {
  firstDifference,
  expectedFields,
  unansweredFields,
  unexpectedNames,
  wrongForm,
} from './published-fields.ts';
import { TIME_RULES, timeMismatch } from './sample-time.ts';
import { REPLY_TRUTH_RULE, untrueValue } from './reply-truth.ts';
import { sampleName } from './sample-names.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { parseFields, isFields, type Fields } from './view/deliveries.ts';
import { CYCLE_BLOCKS, type CycleBlock } from './view/blocks.ts';
import { repliesInTime, type PollCycle, type Reply } from './view/poll-cycles.ts';
import { countUntil } from './view/search.ts';
import type { Spans } from './view/span.ts';

/** Time in which a sample is built after the last reply. */
const MAX_SAMPLE_DELAY_MS = 50;

export const s4: Guarantee = {
  title: 'Every published value matches a reply of the scooter or a GPS fix',
  rules: [
    {
      checks: 'Each field that comes from the scooter',
      bound:
        'what the oracle, a second decoder that shares no code with the client, reads from a reply of that poll; null without a reply',
      excuses: [],
    },
    REPLY_TRUTH_RULE,
    ...POSITION_RULES,
    ...TIME_RULES,
    {
      checks: 'Names, order and number formats of the fields',
      bound: 'as in [topics.md](topics.md)',
      excuses: [],
    },
    {
      checks: 'A sample that is delivered again',
      bound: 'byte for byte the same',
      excuses: [],
    },
  ],
  blindSpots: [
    'An error in the knowledge of the registers that oracle and virtual scooter share: [models.md](models.md) says which facts are captured from real scooters.',
    'Which poll a sample belongs to, if it was not stored, or stored during a disk fault, or if sync_interval is not 0: then any earlier poll with the same values, position and time is accepted.',
    'Which of several fixes was published, if more than one arrived while the sample was made.',
    'The time of a sample during whose making the clock was stepped.',
    'A sample that is missing: S1 checks that.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const checker = new SampleChecker(view, facts, tally);
    const { deliveries } = view;
    const placeholder = facts.config.mqtt.nofix === 'zero' ? 0 : null;
    for (const { atMs, payload } of deliveries.first) checker.check(atMs, payload, placeholder);
    let last = '';
    for (const { atMs, payload } of view.messages('live')) {
      // A new connection publishes the last sample again.
      if (payload !== last) checker.check(atMs, payload, null);
      last = payload;
    }
    for (const { atMs, payload } of deliveries.unparsable) checker.check(atMs, payload, placeholder);
    checkRepeats(view, tally);
    checkReplies(view, facts, tally);
    return tally.result;
  },
};

/** A sample that is delivered again is identical. */
function checkRepeats({ deliveries }: TraceView, tally: Tally): void {
  for (const delivery of deliveries.repeated) {
    tally.countChecks();
    const first = deliveries.of(delivery)?.payload ?? '';
    if (first === delivery.payload) continue;
    tally.addViolation({
      atMs: delivery.atMs,
      what: `${sampleName(delivery)} was delivered again with other contents`,
      bound: first,
      measured: delivery.payload,
    });
  }
}

/** A reply of the scooter says what it is doing. */
function checkReplies({ replies }: TraceView, { scooter }: RunFacts, tally: Tally): void {
  const model = scooterModel(scooter.model);
  for (const reply of replies) {
    tally.countChecks();
    const untrue = untrueValue(reply, model);
    if (!untrue) continue;
    tally.addViolation({
      atMs: reply.atMs,
      what: `reply ${reply.id} does not say what the scooter is doing`,
      bound: `${untrue.path} ${untrue.expected}`,
      measured: untrue.published,
    });
  }
}

/** What the text of a sample says, whenever it was published. */
interface SampleText {
  readonly fields: Fields | undefined;
  readonly id: SampleId | undefined;
  /** Names of the fields or a number that are not as documented. */
  readonly wrongEncoding: string | undefined;
  /** A poll whose replies it was found to match. */
  answeredBy: PollCycle | undefined;
}

class SampleChecker {
  readonly #view: TraceView;
  readonly #tally: Tally;
  readonly #model: ScooterModel;
  readonly #clock: ClockOptions;
  readonly #resolutionDeg: number;
  readonly #hasSyncInterval: boolean;
  readonly #diskExcused: Spans;
  readonly #expected = new Map<Reply, ExpectedFields>();
  readonly #texts = new Map<string, SampleText>();

  constructor(view: TraceView, facts: RunFacts, tally: Tally) {
    const { scooter, clock, gps, config } = facts;
    this.#clock = clock;
    this.#resolutionDeg = resolutionDeg(gps);
    this.#view = view;
    this.#tally = tally;
    this.#hasSyncInterval = config.outbox.syncIntervalMs > 0;
    this.#diskExcused = excusedSpans(view, facts, DISK_EXCUSES);
    this.#model = scooterModel(scooter.model);
  }

  /** @param placeholder value of latitude and longitude without a position */
  check(atMs: number, payload: string, placeholder: number | null): void {
    this.#tally.countChecks();
    const text = this.#read(payload);
    const { fields, id, wrongEncoding } = text;
    if (!fields || !id) {
      this.#addViolation(atMs, 'the published payload is no sample', {
        path: '',
        expected: 'a sample',
        published: payload,
      });
      return;
    }
    if (wrongEncoding !== undefined) {
      this.#addViolation(atMs, `${sampleName(id)} is not encoded as documented`, {
        path: '',
        expected: 'the documented fields and forms of numbers',
        published: wrongEncoding,
      });
      return;
    }
    const storedMs = this.#promptStoreMs(id);
    const latestMsOf = (cycle: PollCycle): number =>
      storedMs ?? Math.min(atMs, lastCarriedMs(cycle) + MAX_SAMPLE_DELAY_MS);
    const contextMismatch = (cycle: PollCycle): Mismatch | undefined => {
      const window = this.#windowOf(cycle, latestMsOf(cycle));
      return (
        this.#positionMismatch(fields, window, placeholder) ??
        timeMismatch(fields, window, this.#view, this.#clock)
      );
    };
    const cycle =
      storedMs === undefined
        ? this.#matchingCycle(fields, atMs, contextMismatch)
        : this.#lastCycleUntil(storedMs);
    if (!cycle) {
      this.#addViolation(atMs, `${sampleName(id)} matches no poll`, {
        path: '',
        expected: 'a poll',
        published: 'none',
      });
      return;
    }
    const telemetryMismatch = text.answeredBy === cycle ? undefined : this.#telemetryMismatch(fields, cycle);
    if (!telemetryMismatch) text.answeredBy = cycle;
    const mismatch = telemetryMismatch ?? contextMismatch(cycle);
    if (mismatch) this.#addViolation(atMs, `${sampleName(id)} published value matches no reply`, mismatch);
  }

  /** Parses the text of a sample once, although most are on both topics. */
  #read(payload: string): SampleText {
    const known = this.#texts.get(payload);
    if (known) return known;
    const fields = parseFields(payload);
    const text: SampleText = {
      fields,
      id: parseSampleId(payload),
      wrongEncoding: fields && (unexpectedNames(fields) ?? wrongForm(payload)),
      answeredBy: undefined,
    };
    this.#texts.set(payload, text);
    return text;
  }

  /** When a sample was stored; undefined if it was not, or possibly late because of sync_interval or a disk fault. */
  #promptStoreMs(id: SampleId): number | undefined {
    if (this.#hasSyncInterval) return undefined;
    const storedMs = this.#view.sampleOf(id)?.storedMs;
    return storedMs === undefined || this.#diskExcused.overlaps(storedMs - 1, storedMs)
      ? undefined
      : storedMs;
  }

  #lastCycleUntil(ms: number): PollCycle | undefined {
    const { cycles } = this.#view;
    return cycles[countUntil(cycles, ms, ({ dueMs }) => dueMs) - 1];
  }

  /**
   * The latest poll cycle with the values of a sample, for samples without a reliable storage time. Without the live
   * block, several cycles may have the same values: then position and time decide.
   */
  #matchingCycle(
    fields: Fields,
    atMs: number,
    contextMismatch: (cycle: PollCycle) => Mismatch | undefined,
  ): PollCycle | undefined {
    const { cycles } = this.#view;
    let latest: PollCycle | undefined;
    for (let index = countUntil(cycles, atMs, ({ dueMs }) => dueMs) - 1; index >= 0; index--) {
      const cycle = cycles[index];
      if (!cycle || this.#telemetryMismatch(fields, cycle)) continue;
      if (!contextMismatch(cycle)) return cycle;
      latest ??= cycle;
    }
    return latest;
  }

  /** Every block has to match one of the replies in that poll cycle, or to be null if there is none. */
  #telemetryMismatch(fields: Fields, cycle: PollCycle): Mismatch | undefined {
    for (const block of CYCLE_BLOCKS) {
      const replies = repliesInTime(cycle, block);
      // The reply to a retry is late for a sample whose requests were chosen before.
      if (replies.every(({ isToRetry }) => isToRetry)) {
        const mismatch = unansweredMismatch(fields, block);
        if (!mismatch) continue;
        if (replies.length === 0) return mismatch;
      }
      const mismatches = cycle.replies[block].map((reply) => this.#replyMismatch(fields, block, reply));
      if (!mismatches.includes(undefined)) return mismatches[0];
    }
    return undefined;
  }

  #replyMismatch(fields: Fields, block: CycleBlock, reply: Reply): Mismatch | undefined {
    const known = this.#expected.get(reply) ?? expectedFields(block, reply, this.#model);
    if (!known) return { path: block, expected: 'an answer', published: reply.data };
    this.#expected.set(reply, known);
    const difference = firstDifference(fields, known);
    if (!difference) return undefined;
    const { path, expected, published } = difference;
    return {
      path,
      expected: `${formatValue(expected)} of reply ${reply.id}`,
      published: formatValue(published),
    };
  }

  #positionMismatch(fields: Fields, window: AppendWindow, placeholder: number | null): Mismatch | undefined {
    const { gpsinfo } = fields;
    if (!isFields(gpsinfo))
      return { path: 'gpsinfo', expected: 'an object', published: formatValue(gpsinfo) };
    return positionMismatch(gpsinfo, window, this.#view.fixes, {
      placeholder,
      resolutionDeg: this.#resolutionDeg,
    });
  }

  /** When a sample of a poll was appended. */
  #windowOf({ dueMs }: PollCycle, toMs: number): AppendWindow {
    return { processBeganMs: this.#view.processAt(dueMs)?.beginMs ?? 0, fromMs: dueMs, toMs };
  }

  #addViolation(atMs: number, what: string, { path, expected, published }: Mismatch): void {
    this.#tally.addViolation({
      atMs,
      what,
      bound: `${path} ${expected}`.trim(),
      measured: published,
    });
  }
}

/** A field that is not null although its block had no reply. */
function unansweredMismatch(fields: Fields, block: CycleBlock): Mismatch | undefined {
  const difference = firstDifference(fields, unansweredFields(block));
  if (!difference) return undefined;
  const { path, published } = difference;
  return { path, expected: 'null without a reply', published: formatValue(published) };
}

/** When the last reply was received, including replies to repeated requests. */
function lastCarriedMs({ replies }: PollCycle): number {
  return Math.max(...CYCLE_BLOCKS.flatMap((block) => replies[block].map(({ carriedMs }) => carriedMs)));
}
