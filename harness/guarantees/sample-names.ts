import type { SampleId } from '../world/trace/sample-id.ts';

/** Samples of one client process with consecutive sequence numbers, both ends included. */
export interface SampleRange {
  readonly bootId: string;
  readonly from: number;
  readonly to: number;
}

/** Formats the name of a sample for a violation. */
export function sampleName({ bootId, seq }: SampleId): string {
  return `sample ${seq} of boot ${bootId}`;
}

/** Formats the name of a range: `samples 3 to 5 of boot ab`. */
export function rangeName({ bootId, from, to }: SampleRange): string {
  return from === to ? sampleName({ bootId, seq: from }) : `samples ${from} to ${to} of boot ${bootId}`;
}

/** Number of samples in a range. */
export function rangeSize({ from, to }: SampleRange): number {
  return to - from + 1;
}

/** Merges consecutive samples into ranges. */
export function toRanges(ids: Iterable<SampleId>): SampleRange[] {
  const ranges: { bootId: string; from: number; to: number }[] = [];
  for (const { bootId, seq } of ids) {
    const last = ranges.at(-1);
    if (last?.bootId === bootId && last.to === seq - 1) last.to = seq;
    else ranges.push({ bootId, from: seq, to: seq });
  }
  return ranges;
}
