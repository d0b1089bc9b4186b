import { expect, it } from 'vitest';
import type { FaultName } from '../scenario/faults/table.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { TraceBuilder } from './testing/trace-builder.ts';

/** A ride with a new link at 31 s, while chunks are lost and another fault is active. */
function relinked(...faults: readonly FaultName[]): TraceBuilder {
  const trace = TraceBuilder.riding();
  const steps = (['scooter.chunks', ...faults] as const).map((name) => trace.beginFault(name));
  trace.linkDown();
  trace.advance(1_000);
  trace.linkUp();
  trace.advance(60_000);
  for (const step of steps) trace.endFault(step);
  return trace;
}

/** The events of a client whose second login fails. */
const withoutLogin = (events: readonly TraceEvent[]): TraceEvent[] =>
  events.filter(({ type, atMs }) => type !== 'login' || atMs < 30_000);

it('a login succeeds on the same link although chunks are lost', () => {
  expect(relinked().result('L2').violations).toEqual([]);
  expect(relinked().result('L2', withoutLogin).violations).toMatchObject([
    { what: 'no login in time on a link that loses single chunks of parcels' },
  ]);
});

it('a login may fail if the link or the scooter fails as well', () => {
  expect(relinked('link.stall').result('L2', withoutLogin).violations).toEqual([]);
  expect(relinked('scooter.mute').result('L2', withoutLogin).violations).toEqual([]);
});
