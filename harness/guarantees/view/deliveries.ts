import type { EventOf } from '../../trace/event.ts';

/** What a sample is known by. */
export interface SampleId {
  readonly bootId: string;
  readonly seq: number;
}

/** A sample that the broker received on the journal's topic. */
export interface Delivery extends SampleId {
  readonly atMs: number;
  readonly payload: string;
}

/** Fields of a payload, whoever wrote it. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object that a payload holds; undefined where it holds none. */
export function fieldsOf(payload: string): Fields | undefined {
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

/** What a published sample says that it is; undefined where it does not. */
export function idOf(fields: Fields | undefined): SampleId | undefined {
  const bootId = fields?.['boot_id'];
  const seq = fields?.['seq'];
  return typeof bootId === 'string' && typeof seq === 'number' ? { bootId, seq } : undefined;
}

/** A text that is the same for the same sample. */
export function keyOf({ bootId, seq }: SampleId): string {
  return `${bootId}/${seq}`;
}

/** What the broker received on the journal's topic, in order. */
export class Deliveries {
  /** The first of each sample. */
  readonly first: readonly Delivery[];
  /** Samples that the broker had before. */
  readonly repeated: readonly Delivery[];
  /** What is no sample at all. */
  readonly strange: readonly EventOf<'received'>[];
  /** What the biggest payload takes. */
  readonly biggestBytes: number;
  readonly #byKey = new Map<string, Delivery>();

  constructor(messages: readonly EventOf<'received'>[]) {
    const first: Delivery[] = [];
    const repeated: Delivery[] = [];
    const strange: EventOf<'received'>[] = [];
    for (const message of messages) {
      const { atMs, payload } = message;
      const id = idOf(fieldsOf(payload));
      if (!id) {
        strange.push(message);
        continue;
      }
      const delivery = { ...id, atMs, payload };
      const key = keyOf(id);
      if (this.#byKey.has(key)) repeated.push(delivery);
      else {
        this.#byKey.set(key, delivery);
        first.push(delivery);
      }
    }
    this.first = first;
    this.repeated = repeated;
    this.strange = strange;
    this.biggestBytes = first.reduce(
      (biggest, { payload }) => Math.max(biggest, Buffer.byteLength(payload)),
      0,
    );
  }

  /** The first time that the broker received a sample. */
  of(id: SampleId): Delivery | undefined {
    return this.#byKey.get(keyOf(id));
  }
}
