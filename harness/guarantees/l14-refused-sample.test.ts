import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

const MINUTE_MS = 60_000;

/** A broker that refuses the next sample for 20 minutes. */
function refusing(): TraceBuilder {
  const trace = TraceBuilder.riding();
  trace.faultFor('broker.poison', 20 * MINUTE_MS);
  return trace;
}

/** Removes the samples that arrive between one and another time after the first refused one. */
const heldUp =
  (forMs: number) =>
  (events: readonly TraceEvent[]): readonly TraceEvent[] => {
    const [first] = events.filter(isSampleAfter(30_000));
    const fromMs = first?.atMs ?? NaN;
    return events.filter((event) => !(isSampleAfter(fromMs)(event) && event.atMs <= fromMs + forMs));
  };

const isSampleAfter =
  (ms: number) =>
  (event: TraceEvent): boolean =>
    event.type === 'received' && event.topic.endsWith('realtime') && event.atMs > ms;

describe('L14', () => {
  it('bounds the time for which one refused sample holds up the others', () => {
    expect(refusing().result('L14', heldUp(4 * MINUTE_MS))).toMatchObject({ checks: 1, violations: [] });
    expect(refusing().result('L14', heldUp(6 * MINUTE_MS)).violations).toMatchObject([
      { what: 'one refused sample holds up the others', bound: 'within 300 s' },
    ]);
  });

  it('is excused by other faults of the broker meanwhile', () => {
    const trace = TraceBuilder.riding();
    trace.beginFault('broker.poison');
    trace.advance(MINUTE_MS);
    trace.beginFault('broker.slow');
    trace.advance(20 * MINUTE_MS);
    expect(trace.result('L14', heldUp(10 * MINUTE_MS))).toMatchObject({ checks: 0, violations: [] });
  });
});
