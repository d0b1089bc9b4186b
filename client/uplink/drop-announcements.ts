import type { DropLedger } from '../outbox/drops.ts';
import type { DroppedRange } from '../outbox/stored-sample.ts';

/** Maximum number of ranges in one message. */
const MAX_RANGES = 100;

/** Messages that announce dropped ranges. */
export interface AnnouncementPlan {
  /** The newest ranges, for the retained report. */
  readonly report: readonly DroppedRange[];
  /** All others that have not been announced, one list for each message, oldest first. */
  readonly further: readonly (readonly DroppedRange[])[];
}

/** Encodes ranges as published. */
export function encodeRanges(ranges: readonly DroppedRange[]): object[] {
  return ranges.map(({ bootId, from, to, reason }) => ({ boot_id: bootId, from, to, reason }));
}

/** The payload of `<base>/health/dropped`. */
export function droppedReport(ranges: readonly DroppedRange[]): string {
  return JSON.stringify({ dropped_ranges: encodeRanges(ranges) });
}

/** Plans which dropped ranges are announced in which message, each until the broker has acknowledged it. */
export class DropAnnouncements {
  readonly #ledger: Pick<DropLedger, 'ranges' | 'announced'>;
  /** Acknowledged by the broker. A range that grows is a new object, to be announced again. */
  readonly #announced = new WeakSet<DroppedRange>();

  constructor(ledger: Pick<DropLedger, 'ranges' | 'announced'>) {
    this.#ledger = ledger;
  }

  /** @param reportBytes space for ranges in the report @param furtherBytes space for ranges in each further message */
  plan(reportBytes: number, furtherBytes: number): AnnouncementPlan {
    const { ranges } = this.#ledger;
    const report = newestWithin(ranges, reportBytes);
    const further: DroppedRange[][] = [];
    let rest = ranges.slice(0, ranges.length - report.length).filter((range) => !this.#announced.has(range));
    while (rest.length > 0) {
      const batch = newestWithin(rest, furtherBytes);
      // A broker that does not even accept one range says so when it is sent.
      const count = Math.max(1, batch.length);
      further.unshift(rest.slice(-count));
      rest = rest.slice(0, -count);
    }
    return { report, further };
  }

  /** To be called once the broker has acknowledged a message with these ranges. */
  acknowledged(ranges: readonly DroppedRange[]): void {
    for (const range of ranges) this.#announced.add(range);
    this.#ledger.announced(this.#ledger.ranges.filter((range) => this.#announced.has(range)));
  }
}

/** The newest ranges whose encoding has at most `maxBytes`. */
function newestWithin(ranges: readonly DroppedRange[], maxBytes: number): readonly DroppedRange[] {
  let bytes = 0;
  let count = 0;
  while (count < Math.min(ranges.length, MAX_RANGES)) {
    const range = ranges.slice(ranges.length - count - 1, ranges.length - count);
    // Without the brackets, with a comma.
    bytes += Buffer.byteLength(JSON.stringify(encodeRanges(range))) - 1;
    if (bytes > maxBytes) break;
    count += 1;
  }
  return ranges.slice(ranges.length - count);
}
