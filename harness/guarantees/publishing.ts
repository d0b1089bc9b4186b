import { untilDeafTopicsTriedAgain } from './deaf-topics.ts';
import { drainingSpans } from './drain.ts';
import { BROKER_DELAY_EXCUSES, untilNotSuspended, whileActive } from './excuses.ts';
import { untilTriedAgain, untilTriedAgainOn } from './forbidden-topics.ts';
import type { Excuses, RunFacts } from './guarantee.ts';
import type { TraceView } from './trace-view.ts';
import type { Span } from './view/span.ts';
import type { TopicName } from './view/topics.ts';

/** Time in which a new connection publishes the topics beside the samples. */
export const HEAD_START_MS = 2_000;

/** The broker does not take the topics beside the samples, or takes them late. */
export const TOPIC_EXCUSES: Excuses = {
  ...BROKER_DELAY_EXCUSES,
  'broker.deaf': untilDeafTopicsTriedAgain,
  'broker.limits': untilNotSuspended,
  'broker.flap': untilNotSuspended,
  'broker.poison': untilNotSuspended,
  'broker.kick': whileActive,
  'broker.forbid': untilTriedAgain,
};

/** Spans in which the client was connected, and nothing delayed or prevented the messages on some topics beside the samples. */
export function publishingSpans(
  view: TraceView,
  facts: RunFacts,
  ...topics: readonly TopicName[]
): readonly Span[] {
  return drainingSpans(view, facts, {
    ...TOPIC_EXCUSES,
    'broker.forbid': untilTriedAgainOn(...topics),
  }).map(({ beginMs, endMs }) => ({
    beginMs: beginMs + HEAD_START_MS,
    endMs,
  }));
}

/** The span that contains a time. */
export function spanAt(spans: readonly Span[], ms: number): Span | undefined {
  return spans.find(({ beginMs, endMs }) => beginMs <= ms && ms <= endMs);
}
