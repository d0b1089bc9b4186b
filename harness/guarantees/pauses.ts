import type { Excuse } from './guarantee.ts';
import { formatSeconds } from './tally.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import type { Span } from './view/span.ts';

/** Interval at which the client looks for a pause that has begun, or is over (docs/client.md: within two seconds). */
export const PAUSE_CHECK_MS = 2_000;

/** The span of a pause that the owner has requested by `client.pause`. */
export function pauseSpan({ beginMs, detail }: FaultSpan): Span {
  const [, takesMs = '0'] = /\btakes (\d+)/.exec(detail) ?? [];
  return { beginMs, endMs: beginMs + Number(takesMs) };
}

/** Until the client uses the adapter again. */
export const untilResumed: Excuse = {
  about: `for its length, and ${formatSeconds(PAUSE_CHECK_MS)} longer`,
  until: (fault) => pauseSpan(fault).endMs + PAUSE_CHECK_MS,
};
