import type { EventOf } from '../../world/trace/event.ts';
import type { DropReport, DropReports } from './drop-reports.ts';
import type { SampleId } from '../../world/trace/sample-id.ts';
import { SampleMap, type Deliveries } from './deliveries.ts';

/** A stored sample and its delivery. */
export interface Sample extends SampleId {
  readonly storedMs: number;
  /** When the broker first received it; Infinity if it never did. */
  readonly deliveredMs: number;
  /** Set if the client has reported it as dropped. */
  readonly dropReport: DropReport | undefined;
}

/** Stored samples and their delivery. */
export class Samples {
  /** In the order of storing. */
  readonly all: readonly Sample[];
  readonly #byId = new SampleMap<Sample>();

  constructor(taken: readonly EventOf<'taken'>[], deliveries: Deliveries, announcements: DropReports) {
    const all: Sample[] = [];
    for (const event of taken) {
      if (this.#byId.get(event)) continue;
      const { bootId, seq, atMs } = event;
      const deliveredMs = deliveries.of(event)?.atMs ?? Infinity;
      const sample = { bootId, seq, storedMs: atMs, deliveredMs, dropReport: announcements.of(event) };
      this.#byId.set(sample, sample);
      all.push(sample);
    }
    this.all = all;
  }

  /** The stored sample with an id. */
  of(id: SampleId): Sample | undefined {
    return this.#byId.get(id);
  }
}
