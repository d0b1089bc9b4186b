import { describe, expect, it } from 'vitest';
import { TraceBuilder } from './testing/trace-builder.ts';

const LATE = 'the client did not reset an adapter that still holds a connection';

/** A ride whose adapter holds a connection when its own is lost, and is opened again a time later. */
function resetAfter(ms: number | undefined): string[] {
  const trace = TraceBuilder.riding();
  trace.beginFault('adapter.holds');
  trace.advance(1_000);
  trace.linkDown();
  trace.advance(ms ?? 0);
  if (ms !== undefined) trace.record({ type: 'adapter.opened' });
  trace.advance(1_000);
  trace.linkUp();
  trace.advance(20_000);
  const { violations } = trace.result('L2');
  return violations.filter(({ what }) => what === LATE).map(({ measured }) => measured);
}

describe('L2', () => {
  it('holds if the client resets an adapter that still holds a connection', () => {
    expect(resetAfter(3_500)).toEqual([]);
  });

  it.each([
    ['late', 11_000, '11 s'],
    ['never', undefined, 'not at all'],
  ] as const)('is violated if it resets that adapter %s', (_, ms, measured) => {
    expect(resetAfter(ms)).toEqual([measured]);
  });
});
