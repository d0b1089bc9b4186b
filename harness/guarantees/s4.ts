import { DEFAULT_UNITS, modelOfType, type ModelUnits } from '../../protocol/models.ts';
import { MODELS, type ScooterModel } from '../../simulator/ride/models.ts';
import { positionMismatch, text, type Mismatch, type Moment } from './fix-check.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { expectedOf, valueAt, type Expected } from './published-fields.ts';
import { sampleName } from './sample-names.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { fieldsOf, idOf, isFields, type Fields } from './view/deliveries.ts';
import { CYCLE_BLOCKS, type Cycle, type CycleBlock, type Reply } from './view/poll-cycles.ts';
import { countUntil } from './view/search.ts';

/** A sample is made as soon as the last reply is there. */
const MADE_WITHIN_MS = 50;

export const s4: Guarantee = {
  title: 'Every published value is what the scooter and the satellites have said',
  check(view, terms) {
    const tally = new Tally();
    const judge = new FieldJudge(view, terms, tally);
    const { deliveries, liveMessages } = view;
    const none = terms.config.mqtt.nofix === 'zero' ? 0 : null;
    for (const { atMs, payload } of deliveries.first) judge.judge(atMs, payload, none);
    let last = '';
    for (const { atMs, payload } of liveMessages) {
      // A new connection shows the same one again.
      if (payload !== last) judge.judge(atMs, payload, null);
      last = payload;
    }
    for (const { atMs, payload } of deliveries.strange) judge.judge(atMs, payload, none);
    judgeRepeats(view, tally);
    return tally.verdict;
  },
};

/** What is delivered again is the same, byte for byte. */
function judgeRepeats({ deliveries }: TraceView, tally: Tally): void {
  for (const delivery of deliveries.repeated) {
    tally.occasions();
    const first = deliveries.of(delivery)?.payload ?? '';
    if (first === delivery.payload) continue;
    tally.violation({
      atMs: delivery.atMs,
      what: `${sampleName(delivery)} was delivered again, but not as before`,
      bound: first,
      measured: delivery.payload,
    });
  }
}

class FieldJudge {
  readonly #view: TraceView;
  readonly #tally: Tally;
  readonly #units: ModelUnits;
  readonly #expected = new WeakMap<Reply, Expected>();

  constructor(view: TraceView, { scooter }: Terms, tally: Tally) {
    this.#view = view;
    this.#tally = tally;
    const models: Readonly<Record<string, ScooterModel | undefined>> = MODELS;
    const type = models[scooter.model]?.typeByte;
    this.#units = (type === undefined ? undefined : modelOfType(type)) ?? DEFAULT_UNITS;
  }

  /** @param none what stands for a position where there is none */
  judge(atMs: number, payload: string, none: number | null): void {
    this.#tally.occasions();
    const fields = fieldsOf(payload);
    const id = idOf(fields);
    if (!fields || !id) {
      this.#tell(atMs, 'something was published that is no sample', {
        path: '',
        expected: 'a sample',
        published: payload,
      });
      return;
    }
    const takenMs = this.#view.sampleOf(id)?.takenMs;
    const cycle = takenMs === undefined ? this.#cycleLike(fields, atMs) : this.#cycleUntil(takenMs);
    if (!cycle) {
      this.#tell(atMs, `${sampleName(id)} came of no poll`, {
        path: '',
        expected: 'a poll',
        published: 'none',
      });
      return;
    }
    const mismatch =
      this.#telemetryMismatch(fields, cycle) ?? this.#positionMismatch(fields, cycle, takenMs, none);
    if (mismatch) this.#tell(atMs, `${sampleName(id)} says what nobody has said`, mismatch);
  }

  #cycleUntil(ms: number): Cycle | undefined {
    const { cycles } = this.#view;
    return cycles[countUntil(cycles, ms, ({ dueMs }) => dueMs) - 1];
  }

  /** Where the disk has not taken a sample, only its contents tell which poll it came of. */
  #cycleLike(fields: Fields, atMs: number): Cycle | undefined {
    const { cycles } = this.#view;
    const last = countUntil(cycles, atMs, ({ dueMs }) => dueMs) - 1;
    for (let index = last; index >= 0; index--) {
      const cycle = cycles[index];
      if (cycle && !this.#telemetryMismatch(fields, cycle)) return cycle;
    }
    return undefined;
  }

  /** Each block is one of the replies of that poll. */
  #telemetryMismatch(fields: Fields, { replies }: Cycle): Mismatch | undefined {
    for (const block of CYCLE_BLOCKS) {
      const mismatches = replies[block].map((reply) => this.#replyMismatch(fields, block, reply));
      if (!mismatches.includes(undefined)) return mismatches[0];
    }
    return undefined;
  }

  #replyMismatch(fields: Fields, block: CycleBlock, reply: Reply): Mismatch | undefined {
    const known = this.#expected.get(reply) ?? expectedOf(block, reply, this.#units);
    if (!known) return { path: block, expected: 'an answer', published: reply.data };
    this.#expected.set(reply, known);
    const wrong = known.find(([path, value]) => valueAt(fields, path) !== value);
    if (!wrong) return undefined;
    const [path, value] = wrong;
    return { path, expected: `${text(value)} of reply ${reply.id}`, published: text(valueAt(fields, path)) };
  }

  #positionMismatch(
    fields: Fields,
    { dueMs }: Cycle,
    takenMs: number | undefined,
    none: number | null,
  ): Mismatch | undefined {
    const { gpsinfo } = fields;
    if (!isFields(gpsinfo)) return { path: 'gpsinfo', expected: 'an object', published: text(gpsinfo) };
    const moment: Moment = {
      lifeBeganMs: this.#view.lifeAt(dueMs)?.beginMs ?? 0,
      fromMs: dueMs,
      toMs: takenMs ?? dueMs + MADE_WITHIN_MS,
    };
    return positionMismatch(gpsinfo, moment, this.#view.fixes, none);
  }

  #tell(atMs: number, what: string, { path, expected, published }: Mismatch): void {
    this.#tally.violation({
      atMs,
      what,
      bound: `${path} ${expected}`.trim(),
      measured: published,
    });
  }
}
