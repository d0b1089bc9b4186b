import { countUntil } from './search.ts';

/** A stretch of time, in milliseconds since the world began. */
export interface Span {
  readonly beginMs: number;
  /** As `beginMs` for a moment; Infinity for what was not seen to end. */
  readonly endMs: number;
}

const beginOf = ({ beginMs }: Span): number => beginMs;

/** Stretches of time, however they overlap. */
export class Spans {
  /** In order, with gaps between them. */
  readonly #merged: readonly Span[];

  constructor(spans: Iterable<Span>) {
    this.#merged = merge([...spans].sort((a, b) => a.beginMs - b.beginMs));
  }

  /** Whether one of them begins, lasts or ends after `fromMs` and not after `toMs`. */
  overlaps(fromMs: number, toMs: number): boolean {
    const last = this.#merged[countUntil(this.#merged, toMs, beginOf) - 1];
    return last !== undefined && (last.endMs > fromMs || last.beginMs > fromMs);
  }

  /** When it is over that lasts at `ms`, with all that follow upon it without a pause; `ms` where none does. */
  endAt(ms: number): number {
    const last = this.#merged[countUntil(this.#merged, ms, beginOf) - 1];
    return last === undefined ? ms : Math.max(ms, last.endMs);
  }

  /** What they leave of a stretch of time, in order. */
  subtractFrom({ beginMs, endMs }: Span): Span[] {
    const left: Span[] = [];
    let fromMs = beginMs;
    for (const span of this.#merged) {
      if (span.beginMs >= endMs) break;
      if (span.beginMs > fromMs) left.push({ beginMs: fromMs, endMs: span.beginMs });
      fromMs = Math.max(fromMs, span.endMs);
    }
    if (fromMs < endMs) left.push({ beginMs: fromMs, endMs });
    return left;
  }
}

function merge(sorted: readonly Span[]): Span[] {
  const merged: { beginMs: number; endMs: number }[] = [];
  for (const { beginMs, endMs } of sorted) {
    const last = merged.at(-1);
    if (last && beginMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else merged.push({ beginMs, endMs });
  }
  return merged;
}
