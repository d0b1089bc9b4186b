import type { TraceEvent } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** Collects the scans of the Pi's adapter. */
export class ScanLog {
  readonly spans: { -readonly [Key in keyof Span]: Span[Key] }[] = [];

  started({ atMs }: TraceEvent): void {
    this.spans.push({ beginMs: atMs, endMs: Infinity });
  }

  /** Ends a scan, also at the end of the client process. */
  ended({ atMs }: TraceEvent): void {
    const last = this.spans.at(-1);
    if (last?.endMs === Infinity) last.endMs = atMs;
  }
}
