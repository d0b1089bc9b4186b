import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A client that loses its link repeatedly and holds the resources of `census` at each link. */
function reconnecting(
  times: number,
  census: (link: number) => Partial<TraceBuilder['census']>,
): TraceBuilder {
  const trace = TraceBuilder.riding();
  for (let link = 1; link <= times; link++) {
    trace.beginFault('link.drop');
    trace.linkDown();
    trace.advance(1_000);
    trace.census = { ...trace.census, ...census(link) };
    trace.linkUp();
    trace.advance(10_000);
  }
  return trace;
}

describe('S5', () => {
  it('holds if the resources of a client fluctuate', () => {
    const trace = reconnecting(40, (link) => ({ timers: 9 + (link % 5), listeners: 30 + (link % 8) }));
    const { checks, violations, closest } = trace.result('S5');
    expect(violations).toEqual([]);
    expect(checks).toBe(3 + 40);
    expect(closest?.bound).toBe('at most 6 handles after 41 links');
  });

  it('does not check growth over a few links', () => {
    expect(reconnecting(3, (link) => ({ timers: 100 * link })).result('S5')).toMatchObject({
      violations: [],
      checks: 3,
    });
  });

  it.each(['timers', 'listeners', 'handles'] as const)('is violated by growing %s', (name) => {
    const { violations } = reconnecting(40, (link) => ({ [name]: 10 + link })).result('S5');
    expect(violations).toMatchObject([
      { what: `${name} grow with the number of links`, measured: `41 ${name}` },
    ]);
  });

  it('checks each process separately', () => {
    const trace = reconnecting(6, (link) => ({ listeners: 30 + 10 * link }));
    trace.stop('killed');
    trace.advance(5_000);
    trace.start();
    trace.connect();
    trace.linkUp();
    trace.advance(5_000);
    expect(trace.result('S5').violations).toEqual([]);
  });

  it('is violated by a store that never deletes samples', () => {
    const { violations } = reconnecting(20, (link) => ({ storeBytes: 50_000 * link })).result('S5');
    expect(violations[0]).toMatchObject({
      what: 'the store is larger than the backlog',
      bound: expect.stringMatching(/^at most 4[01]\d{4} bytes in the store$/) as string,
      measured: '450000 bytes',
    });
  });

  it('allows a store as large as the backlog', () => {
    const trace = TraceBuilder.riding();
    trace.disconnect();
    trace.advance(3_600_000);
    trace.linkDown();
    trace.advance(1_000);
    trace.census = { ...trace.census, storeBytes: 726 * 700 };
    trace.linkUp();
    trace.advance(1_000);
    expect(trace.result('S5').violations).toEqual([]);
    trace.linkDown();
    trace.census = { ...trace.census, storeBytes: 2_000 * 700 };
    trace.advance(1_000);
    trace.linkUp();
    trace.advance(1_000);
    expect(trace.result('S5').violations).toHaveLength(1);
  });
});
