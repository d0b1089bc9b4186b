import type { EventOf } from '../../world/trace/event.ts';
import { parseSampleId, type SampleId } from '../../world/trace/sample-id.ts';

/** A sample that the broker received on the journal topic. */
export interface Delivery extends SampleId {
  readonly atMs: number;
  readonly payload: string;
}

/** Fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Parses a payload as JSON object; undefined if it is none. */
export function parseFields(payload: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(payload);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with fields. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of nested objects; undefined if there is none. */
export function valueAt(fields: Fields, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (isFields(value) ? value[key] : undefined), fields);
}

/** A map with sample ids as keys. */
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

/** Messages on the journal topic, in order. */
export class Deliveries {
  /** First delivery of each sample. */
  readonly first: readonly Delivery[];
  /** Deliveries of samples that the broker had received before. */
  readonly repeated: readonly Delivery[];
  /** Messages that are no samples. */
  readonly unparsable: readonly EventOf<'received'>[];
  /** Size of the largest payload. */
  readonly maxPayloadBytes: number;
  readonly #byId = new SampleMap<Delivery>();

  constructor(messages: readonly EventOf<'received'>[]) {
    const first: Delivery[] = [];
    const repeated: Delivery[] = [];
    const unparsable: EventOf<'received'>[] = [];
    for (const message of messages) {
      const { atMs, payload } = message;
      const id = parseSampleId(payload);
      if (!id) {
        unparsable.push(message);
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
    this.unparsable = unparsable;
    this.maxPayloadBytes = first.reduce((max, { payload }) => Math.max(max, Buffer.byteLength(payload)), 0);
  }

  /** First delivery of a sample. */
  of(id: SampleId): Delivery | undefined {
    return this.#byId.get(id);
  }
}
