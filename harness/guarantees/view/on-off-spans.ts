import type { TraceEvent } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** Collects the spans in which something is on, such as a scan. */
export class OnOffLog {
  readonly spans: { -readonly [Key in keyof Span]: Span[Key] }[] = [];

  started({ atMs }: TraceEvent): void {
    this.spans.push({ beginMs: atMs, endMs: Infinity });
  }

  /** Ends the current span, if there is one. */
  ended({ atMs }: TraceEvent): void {
    const last = this.spans.at(-1);
    if (last?.endMs === Infinity) last.endMs = atMs;
  }
}
