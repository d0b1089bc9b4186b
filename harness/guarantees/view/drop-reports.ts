import type { EventOf } from '../../world/trace/event.ts';
import type { SampleId } from '../../world/trace/sample-id.ts';
import { parseFields, isFields } from './deliveries.ts';

/** Samples that the client has reported as dropped: a range, or what a later report has added to it. */
export interface DropReport {
  readonly bootId: string;
  /** First and last sequence number. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** When the broker received the first report. */
  readonly atMs: number;
}

/** Dropped samples that the client has reported on `<base>/health`, or on `<base>/health/dropped`. */
export class DropReports {
  /** Times of all health reports. */
  readonly reportsMs: readonly number[];
  readonly all: readonly DropReport[];
  readonly #byBoot = new Map<string, DropReport[]>();

  constructor(reports: readonly EventOf<'received'>[], announcements: readonly EventOf<'received'>[] = []) {
    this.reportsMs = reports.map(({ atMs }) => atMs);
    const all: DropReport[] = [];
    const lastSeqs = new Map<string, number>();
    const messages = [...reports, ...announcements].sort((a, b) => a.atMs - b.atMs);
    for (const { atMs, payload } of messages) {
      for (const range of rangesOf(payload)) {
        const key = `${range.bootId} ${range.from} ${range.reason}`;
        const from = Math.max(range.from, (lastSeqs.get(key) ?? 0) + 1);
        if (from > range.to) continue;
        lastSeqs.set(key, range.to);
        all.push({ ...range, from, atMs });
      }
    }
    this.all = all;
    for (const range of this.all) {
      const ofBoot = this.#byBoot.get(range.bootId) ?? [];
      ofBoot.push(range);
      this.#byBoot.set(range.bootId, ofBoot);
    }
  }

  /** The report that contains a sample. */
  of({ bootId, seq }: SampleId): DropReport | undefined {
    return this.#byBoot.get(bootId)?.find(({ from, to }) => from <= seq && seq <= to);
  }
}

/** The dropped ranges that a message lists. */
export function rangesOf(payload: string): Omit<DropReport, 'atMs'>[] {
  const ranges = parseFields(payload)?.['dropped_ranges'];
  if (!Array.isArray(ranges)) return [];
  return ranges.flatMap((range: unknown) => {
    if (!isFields(range)) return [];
    const { boot_id: bootId, from, to, reason } = range;
    const isRange =
      typeof bootId === 'string' &&
      typeof from === 'number' &&
      typeof to === 'number' &&
      typeof reason === 'string';
    return isRange ? [{ bootId, from, to, reason }] : [];
  });
}
