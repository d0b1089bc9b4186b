import type { TraceView } from './trace-view.ts';
import { Spans, type Span } from './view/span.ts';

/** Spans in which the scooter advertised in range, in order. */
export function reachableSpans(view: TraceView): Span[] {
  const gaps = new Spans(view.faultsNamed('radio.gap'));
  return view.advertising.flatMap((span) => gaps.subtractFrom(span));
}
