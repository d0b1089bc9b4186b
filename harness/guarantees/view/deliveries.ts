import type { EventOf } from '../../world/trace/event.ts';
import { idIn, type SampleId } from '../../world/trace/sample-id.ts';

/** A sample that the broker received on the journal's topic. */
export interface Delivery extends SampleId {
  readonly atMs: number;
  readonly payload: string;
}

/** Fields of a payload, whoever wrote it. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object that a payload holds; undefined where it holds none. */
export function parseFields(payload: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Something about each of many samples. */
export class SampleMap<Value> {
  readonly #boots = new Map<string, Map<number, Value>>();

  get({ bootId, seq }: SampleId): Value | undefined {
    return this.#boots.get(bootId)?.get(seq);
  }

  set({ bootId, seq }: SampleId, value: Value): void {
    const ofBoot = this.#boots.get(bootId);
    if (ofBoot) ofBoot.set(seq, value);
    else this.#boots.set(bootId, new Map([[seq, value]]));
  }
}

/** What the broker received on the journal's topic, in order. */
export class Deliveries {
  /** The first of each sample. */
  readonly first: readonly Delivery[];
  /** Samples that the broker had before. */
  readonly repeated: readonly Delivery[];
  /** What is no sample at all. */
  readonly unparsable: readonly EventOf<'received'>[];
  /** What the biggest payload takes. */
  readonly maxPayloadBytes: number;
  readonly #byId = new SampleMap<Delivery>();

  constructor(messages: readonly EventOf<'received'>[]) {
    const first: Delivery[] = [];
    const repeated: Delivery[] = [];
    const strange: EventOf<'received'>[] = [];
    for (const message of messages) {
      const { atMs, payload } = message;
      const id = idIn(payload);
      if (!id) {
        strange.push(message);
        continue;
      }
      const { bootId, seq } = id;
      const delivery = { bootId, seq, atMs, payload };
      if (this.#byId.get(id)) repeated.push(delivery);
      else {
        this.#byId.set(id, delivery);
        first.push(delivery);
      }
    }
    this.first = first;
    this.repeated = repeated;
    this.unparsable = strange;
    this.maxPayloadBytes = first.reduce((max, { payload }) => Math.max(max, Buffer.byteLength(payload)), 0);
  }

  /** The first time that the broker received a sample. */
  of(id: SampleId): Delivery | undefined {
    return this.#byId.get(id);
  }
}
