import type { Excuse, ExcusedUntil } from './guarantee.ts';
import { formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { parameterOf, type FaultSpan } from './view/fault-spans.ts';
import { lastUntil } from './view/search.ts';
import type { TopicName } from './view/topics.ts';

/** Time for which a topic is suspended that the broker does not accept (docs/topics.md). */
export const SUSPENSION_MS = 600_000;
/** Time in which a health report is published, and what was suspended with it. */
const PUBLISH_MS = 1_000;
/** Time in which a client that the broker has disconnected notices that. */
const NOTICED_MS = 1_000;

const DURATION = `while active, and ${formatSeconds(SUSPENSION_MS)} + health_interval + ${formatSeconds(PUBLISH_MS)} longer`;

/** A topic is suspended, and tried again with the first health report afterwards. */
const triedAgainMs: ExcusedUntil = ({ endMs }, { facts }) =>
  endMs + SUSPENSION_MS + facts.config.mqtt.healthIntervalMs + PUBLISH_MS;

/** Until the client publishes again to the topic that the broker forbids, whichever that is. */
export const untilTriedAgain: Excuse = {
  about: `on the topic in question, ${DURATION}`,
  until: triedAgainMs,
};

/** The same, if the broker forbids one of these topics. */
export function untilTriedAgainOn(...topics: readonly TopicName[]): Excuse {
  return {
    about: `on ${topics.join(' or ')}, ${DURATION}`,
    until: (fault, context) =>
      topics.some((topic) => parameterOf(fault, 'topic') === topic)
        ? triedAgainMs(fault, context)
        : -Infinity,
  };
}

/** Until dropped samples are reported. */
export const untilDropsReported: Excuse = untilTriedAgainOn('health', 'dropped');

/** While the broker closes connections because of a forbidden topic, and until the client has noticed that. */
export const whileItCloses: Excuse = {
  about: `with MQTT 3.1.1, while active, and ${formatSeconds(NOTICED_MS)} longer`,
  until: (fault, { view }) => (closesConnections(fault, view) ? fault.endMs + NOTICED_MS : -Infinity),
};

/** A broker of MQTT 5 rejects the message instead. */
function closesConnections({ beginMs, endMs }: FaultSpan, { brokerAttempts }: TraceView): boolean {
  const before = lastUntil(brokerAttempts, beginMs, ({ atMs }) => atMs);
  const during = brokerAttempts.filter(({ atMs }) => atMs > beginMs && atMs <= endMs);
  return [...(before ? [before] : []), ...during].some(({ offer }) => !offer.startsWith('MQTT 5'));
}
