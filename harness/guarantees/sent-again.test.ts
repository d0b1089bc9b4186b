import { expect, it } from 'vitest';
import { untilSentAgain } from './sent-again.ts';
import { TraceBuilder } from './testing/trace-builder.ts';
import { TraceView } from './trace-view.ts';

it.each([
  ['that a blackhole has cut, which the client may notice only after the time of a stable one', true],
  ['that works', false],
])('samples are sent again after a connection has lasted, and not after one %s', (_, isCut) => {
  const trace = TraceBuilder.riding();
  const poison = trace.beginFault('broker.poison');
  trace.disconnect();
  trace.advance(5_000);
  trace.connect();
  trace.advance(1_000);
  trace.endFault(poison);
  if (isCut) trace.faultFor('broker.blackhole', 1_000);
  trace.advance(40_000);
  trace.disconnect();
  trace.advance(5_000);
  trace.connect();
  trace.advance(60_000);
  const view = new TraceView(trace.events, trace.config);
  const [fault] = view.faultsNamed('broker.poison');
  const untilMs = fault && untilSentAgain.until(fault, { view, facts: trace.facts });
  const lasting = view.connections.at(isCut ? -1 : -2);
  expect(untilMs).toBe((lasting?.beginMs ?? 0) + 30_000);
});
