import { describe, expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A client whose connection to the broker ends, and is replaced. */
function disconnected(beside: readonly FaultName[] = []): TraceBuilder {
  const trace = TraceBuilder.riding();
  for (const fault of beside) trace.beginFault(fault);
  trace.disconnect();
  trace.advance(5_000);
  trace.connect();
  trace.advance(20_000);
  return trace;
}

describe('L13', () => {
  it('is violated by a connection that ends without a fault', () => {
    expect(disconnected().result('L13').violations).toMatchObject([
      { what: 'the connection to the broker ended', measured: 'after 29.895 s' },
    ]);
  });

  it.each(['broker.kick', 'broker.limits', 'broker.slow', 'broker.poison'] as const)(
    'is excused by %s',
    (fault) => {
      expect(disconnected([fault]).result('L13').violations).toEqual([]);
    },
  );

  it('does not rely on faults of the radio', () => {
    expect(disconnected(['radio.gap']).result('L13').violations).toHaveLength(1);
  });

  it('allows the end of the process', () => {
    const trace = TraceBuilder.riding();
    trace.stop('exit');
    trace.advance(10_000);
    expect(trace.result('L13')).toMatchObject({ checks: 1, violations: [] });
  });
});
