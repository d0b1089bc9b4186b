import { DEFAULT_UNITS, modelOfType, type ModelUnits } from '../../protocol/models.ts';
import { MODELS, type ScooterModel } from '../../simulator/ride/models.ts';
import { idIn, type SampleId } from '../world/trace/sample-id.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import { positionMismatch, formatValue, type Mismatch, type AppendWindow } from './position-check.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { firstDifference, expectedFields } from './published-fields.ts';
import { sampleName } from './sample-names.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { parseFields, isFields, type Fields } from './view/deliveries.ts';
import { CYCLE_BLOCKS, type PollCycle, type CycleBlock, type Reply } from './view/poll-cycles.ts';
import { countUntil } from './view/search.ts';
import type { Spans } from './view/span.ts';

/** A sample is made as soon as the last reply is there. */
const MAX_SAMPLE_DELAY_MS = 50;

export const s4: Guarantee = {
  title: 'Every published value is what the scooter and the satellites have said',
  check(view, facts) {
    const tally = new Tally();
    const judge = new SampleJudge(view, facts, tally);
    const { deliveries, liveMessages } = view;
    const none = facts.config.mqtt.nofix === 'zero' ? 0 : null;
    for (const { atMs, payload } of deliveries.first) judge.judge(atMs, payload, none);
    let last = '';
    for (const { atMs, payload } of liveMessages) {
      // A new connection shows the same one again.
      if (payload !== last) judge.judge(atMs, payload, null);
      last = payload;
    }
    for (const { atMs, payload } of deliveries.unparsable) judge.judge(atMs, payload, none);
    judgeRepeats(view, tally);
    return tally.verdict;
  },
};

/** What is delivered again is the same, byte for byte. */
function judgeRepeats({ deliveries }: TraceView, tally: Tally): void {
  for (const delivery of deliveries.repeated) {
    tally.countChecks();
    const first = deliveries.of(delivery)?.payload ?? '';
    if (first === delivery.payload) continue;
    tally.addViolation({
      atMs: delivery.atMs,
      what: `${sampleName(delivery)} was delivered again, but not as before`,
      bound: first,
      measured: delivery.payload,
    });
  }
}

class SampleJudge {
  readonly #view: TraceView;
  readonly #tally: Tally;
  readonly #units: ModelUnits;
  readonly #diskExcused: Spans;
  readonly #expected = new Map<Reply, Fields>();

  constructor(view: TraceView, facts: RunFacts, tally: Tally) {
    const { scooter } = facts;
    this.#view = view;
    this.#tally = tally;
    this.#diskExcused = excusedSpans(view, facts, DISK_EXCUSES);
    const models: Readonly<Record<string, ScooterModel | undefined>> = MODELS;
    const type = models[scooter.model]?.typeByte;
    this.#units = (type === undefined ? undefined : modelOfType(type)) ?? DEFAULT_UNITS;
  }

  /** @param none what stands for a position where there is none */
  judge(atMs: number, payload: string, none: number | null): void {
    this.#tally.countChecks();
    const fields = parseFields(payload);
    const id = idIn(payload);
    if (!fields || !id) {
      this.#addViolation(atMs, 'something was published that is no sample', {
        path: '',
        expected: 'a sample',
        published: payload,
      });
      return;
    }
    const takenMs = this.#promptStoreMs(id);
    const cycle = takenMs === undefined ? this.#matchingCycle(fields, atMs) : this.#lastCycleUntil(takenMs);
    if (!cycle) {
      this.#addViolation(atMs, `${sampleName(id)} came of no poll`, {
        path: '',
        expected: 'a poll',
        published: 'none',
      });
      return;
    }
    const latestMs = takenMs ?? Math.min(atMs, lastCarriedMs(cycle) + MAX_SAMPLE_DELAY_MS);
    const mismatch =
      this.#telemetryMismatch(fields, cycle) ?? this.#positionMismatch(fields, cycle, latestMs, none);
    if (mismatch) this.#addViolation(atMs, `${sampleName(id)} says what nobody has said`, mismatch);
  }

  /** When a sample was stored; undefined where the disk did not take it, or took it who knows how late. */
  #promptStoreMs(id: SampleId): number | undefined {
    const takenMs = this.#view.sampleOf(id)?.storedMs;
    return takenMs === undefined || this.#diskExcused.overlaps(takenMs - 1, takenMs) ? undefined : takenMs;
  }

  #lastCycleUntil(ms: number): PollCycle | undefined {
    const { cycles } = this.#view;
    return cycles[countUntil(cycles, ms, ({ dueMs }) => dueMs) - 1];
  }

  /** Without that, only its contents tell which poll a sample came of. */
  #matchingCycle(fields: Fields, atMs: number): PollCycle | undefined {
    const { cycles } = this.#view;
    const last = countUntil(cycles, atMs, ({ dueMs }) => dueMs) - 1;
    for (let index = last; index >= 0; index--) {
      const cycle = cycles[index];
      if (cycle && !this.#telemetryMismatch(fields, cycle)) return cycle;
    }
    return undefined;
  }

  /** Each block is one of the replies of that poll. */
  #telemetryMismatch(fields: Fields, { replies }: PollCycle): Mismatch | undefined {
    for (const block of CYCLE_BLOCKS) {
      const mismatches = replies[block].map((reply) => this.#replyMismatch(fields, block, reply));
      if (!mismatches.includes(undefined)) return mismatches[0];
    }
    return undefined;
  }

  #replyMismatch(fields: Fields, block: CycleBlock, reply: Reply): Mismatch | undefined {
    const known = this.#expected.get(reply) ?? expectedFields(block, reply, this.#units);
    if (!known) return { path: block, expected: 'an answer', published: reply.data };
    this.#expected.set(reply, known);
    const difference = firstDifference(fields, block, known);
    if (!difference) return undefined;
    const { path, expected, published } = difference;
    return {
      path,
      expected: `${formatValue(expected)} of reply ${reply.id}`,
      published: formatValue(published),
    };
  }

  #positionMismatch(
    fields: Fields,
    cycle: PollCycle,
    latestMs: number,
    none: number | null,
  ): Mismatch | undefined {
    const { gpsinfo } = fields;
    if (!isFields(gpsinfo))
      return { path: 'gpsinfo', expected: 'an object', published: formatValue(gpsinfo) };
    const { dueMs } = cycle;
    const moment: AppendWindow = {
      lifeBeganMs: this.#view.lifeAt(dueMs)?.beginMs ?? 0,
      fromMs: dueMs,
      toMs: latestMs,
    };
    return positionMismatch(gpsinfo, moment, this.#view.fixes, none);
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

/** When the last answer came, if it is one of several to a question that was put again. */
function lastCarriedMs({ replies }: PollCycle): number {
  return Math.max(...CYCLE_BLOCKS.flatMap((block) => replies[block].map(({ carriedMs }) => carriedMs)));
}
