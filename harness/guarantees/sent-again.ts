import type { Excuse } from './guarantee.ts';
import { STABLE_MS } from './l14-refused-sample.ts';
import { formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Span } from './view/span.ts';

/** Until a sample is sent again with which the broker has closed connections: first, a connection has to last. */
export const untilSentAgain: Excuse = {
  about:
    `while active, and ${formatSeconds(STABLE_MS)} from the connection to the broker at its end, or the next one, ` +
    'in which no broker.blackhole begins until then',
  until: ({ endMs }, { view }) => {
    const connection = view.connections.find((each) => each.endMs > endMs && isSound(each, view));
    return Math.max(endMs, (connection?.beginMs ?? Infinity) + STABLE_MS);
  },
};

/** Whether a connection works for as long as it takes to count as stable, if it lasts. */
function isSound({ beginMs }: Span, view: TraceView): boolean {
  const isIn = (fault: Span): boolean => fault.beginMs >= beginMs && fault.beginMs < beginMs + STABLE_MS;
  return !view.faultsNamed('broker.blackhole').some(isIn);
}
