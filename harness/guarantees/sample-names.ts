import type { SampleId } from '../world/trace/sample-id.ts';

/** Samples of one start of the client whose numbers follow upon each other, both ends included. */
export interface SampleRange {
  readonly bootId: string;
  readonly from: number;
  readonly to: number;
}

/** A sample as violations name it. */
export function sampleName({ bootId, seq }: SampleId): string {
  return `sample ${seq} of boot ${bootId}`;
}

/** Several of them: `samples 3 to 5 of boot ab`. */
export function rangeName({ bootId, from, to }: SampleRange): string {
  return from === to ? sampleName({ bootId, seq: from }) : `samples ${from} to ${to} of boot ${bootId}`;
}

export function rangeSize({ from, to }: SampleRange): number {
  return to - from + 1;
}

/** Samples in order, as ranges without a hole. */
export function toRanges(ids: Iterable<SampleId>): SampleRange[] {
  const ranges: { bootId: string; from: number; to: number }[] = [];
  for (const { bootId, seq } of ids) {
    const last = ranges.at(-1);
    if (last?.bootId === bootId && last.to === seq - 1) last.to = seq;
    else ranges.push({ bootId, from: seq, to: seq });
  }
  return ranges;
}
