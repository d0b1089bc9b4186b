import type { EventOf } from '../../world/trace/event.ts';
import type { DropReport, DropReports } from './drop-reports.ts';
import type { SampleId } from '../../world/trace/sample-id.ts';
import { SampleMap, type Deliveries } from './deliveries.ts';

/** A sample whose append was synced, and what became of it. */
export interface Sample extends SampleId {
  readonly storedMs: number;
  /** When the broker first received it; Infinity where it never did. */
  readonly deliveredMs: number;
  /** Where the client has said that it will never come. */
  readonly dropReport: DropReport | undefined;
}

/** What became of everything that was stored. */
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

  /** A sample, if it was ever stored. */
  of(id: SampleId): Sample | undefined {
    return this.#byId.get(id);
  }
}
