import type { TraceEvent } from '../../world/trace/event.ts';
import type { Span } from './span.ts';

/** Follows the scans of the Pi's adapter. */
export class ScanLog {
  readonly spans: { -readonly [Key in keyof Span]: Span[Key] }[] = [];

  started({ atMs }: TraceEvent): void {
    this.spans.push({ beginMs: atMs, endMs: Infinity });
  }

  /** A process that ends scans no longer. */
  ended({ atMs }: TraceEvent): void {
    const last = this.spans.at(-1);
    if (last?.endMs === Infinity) last.endMs = atMs;
  }
}
