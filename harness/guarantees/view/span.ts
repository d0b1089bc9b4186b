import { countUntil } from './search.ts';

/** A span of virtual time, in milliseconds since the start. */
export interface Span {
  readonly beginMs: number;
  /** Same as `beginMs` for an instant; Infinity if the end is not in the trace. */
  readonly endMs: number;
}

const beginOf = ({ beginMs }: Span): number => beginMs;

/** A set of spans, which may overlap. */
export class Spans {
  /** Disjoint, in order of time. */
  readonly #merged: readonly Span[];

  constructor(spans: Iterable<Span>) {
    this.#merged = merge([...spans].sort((a, b) => a.beginMs - b.beginMs));
  }

  /** Whether any span overlaps the time after `fromMs`, up to and including `toMs`. */
  overlaps(fromMs: number, toMs: number): boolean {
    const last = this.#merged[countUntil(this.#merged, toMs, beginOf) - 1];
    return last !== undefined && (last.endMs > fromMs || last.beginMs > fromMs);
  }

  /** End of the span at `ms`, merged with adjacent ones; `ms` if there is none. */
  endAt(ms: number): number {
    const last = this.#merged[countUntil(this.#merged, ms, beginOf) - 1];
    return last === undefined ? ms : Math.max(ms, last.endMs);
  }

  /** The spans before `ms`, merged and in order; the last one ends at `ms` at the latest. */
  until(ms: number): readonly Span[] {
    return this.#merged
      .slice(0, countUntil(this.#merged, ms, beginOf))
      .map(({ beginMs, endMs }) => ({ beginMs, endMs: Math.min(endMs, ms) }));
  }

  /** The parts of a span that no span of the set covers, in order. */
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
