import { describe, expect, it } from 'vitest';
import { GUARANTEE_IDS } from './ids.ts';
import { checkGuarantees } from './check-guarantees.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

describe('a run', () => {
  it('is checked against the requested guarantees, in their order', () => {
    const trace = TraceBuilder.riding();
    const results = checkGuarantees(trace.events, trace.facts, ['L1', 'S2'], trace.nowMs);
    expect(results).toMatchObject([
      { id: 'L1', result: { checks: 0, violations: [] } },
      { id: 'S2', title: 'Samples arrive in the order in which they were stored', result: { checks: 6 } },
    ]);
  });

  it('without events violates no guarantee', () => {
    const { facts } = new TraceBuilder();
    for (const { id, result } of checkGuarantees([], facts, GUARANTEE_IDS)) {
      expect(result, id).toEqual({ checks: 0, closest: undefined, delays: [], violations: [] });
    }
  });

  it('of a correct client violates no guarantee, not even during shutdown', () => {
    const trace = TraceBuilder.riding();
    trace.advance(300_000);
    const endMs = trace.nowMs;
    trace.stop('exit', 0);
    trace.advance(120_000);
    for (const { id, result } of checkGuarantees(trace.events, trace.facts, GUARANTEE_IDS, endMs)) {
      expect(result.violations, id).toEqual([]);
    }
  });

  it('of six eventful hours has no false alarm', () => {
    const trace = TraceBuilder.riding();
    for (let hour = 0; hour < 6; hour++) {
      const step = trace.beginFault('broker.stop');
      trace.disconnect();
      trace.advanceTrying(600_000);
      trace.endFault(step);
      trace.connect();
      trace.beginFault('link.drop');
      trace.linkDown();
      trace.advance(1_000);
      trace.linkUp();
      trace.advance(2_999_000);
    }
    const results = checkGuarantees(trace.events, trace.facts, GUARANTEE_IDS, trace.nowMs);
    expect(results.flatMap(({ result }) => result.violations)).toEqual([]);
    expect(Object.fromEntries(results.map(({ id, result }) => [id, result.checks]))).toMatchObject({
      L2: 7,
      L5: 19,
      S2: 4_326,
    });
  });
});
