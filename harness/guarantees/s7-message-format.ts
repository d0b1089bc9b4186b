import type { EventOf } from '../world/trace/event.ts';
import { excusedSpans, SLOW_BROKER_EXCUSES } from './excuses.ts';
import { SUSPENSION_MS } from './forbidden-topics.ts';
import type { Guarantee } from './guarantee.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Connection } from './view/connections.ts';
import { lastUntil } from './view/search.ts';
import type { Spans } from './view/span.ts';
import { FORMATS, topicNames, type MessageFormat, type TopicName } from './view/topics.ts';

/** Time in which a new connection publishes the topics beside the samples one by one. */
const PROBING_MS = 10_000;
/** Payload of the last will. */
const WILL = 'offline';
/** What the client offers after a refusal, by the reason code of CONNACK: MQTT 5, section 3.2.2.2. */
const FORMATS_AFTER: Readonly<Record<number, MessageFormat>> = {
  0x9a: { ...FORMATS.status, retain: false },
  0x9b: { ...FORMATS.status, qos: 0 },
};

export const s7: Guarantee = {
  title:
    'Each message is published on a known topic, with its QoS and retain flag, and each connection has a will',
  rules: [
    { checks: 'Topic of each message', bound: 'one of those in [topics.md](topics.md)', excuses: [] },
    {
      checks: 'QoS and retain flag of each message',
      bound: `as in [topics.md](topics.md), as far as the broker supports it; QoS 1 also in place of 0 in the first ${formatSeconds(PROBING_MS)} of a connection, or until the end of a slowness then, and after ${formatSeconds(SUSPENSION_MS)} without a message on the topic`,
      excuses: [SLOW_BROKER_EXCUSES],
    },
    {
      checks: 'Last will of each connection',
      bound:
        `"${WILL}" on the status topic, with its QoS and retain flag; less or none if the broker supports less now or at ` +
        'the connection before, or if it has refused more since then',
      excuses: [],
    },
    {
      checks: 'Limits of the broker, stated in CONNACK, that the client exceeds',
      bound: 'none',
      excuses: [],
    },
  ],
  blindSpots: [
    'What the messages contain: S4, L10 and L11 check that.',
    'Messages that are missing: S1 and L9 to L11 check those.',
    'Properties of MQTT 5, such as topic aliases and expiry, unless the broker states limits.',
  ],
  check(view, facts) {
    const tally = new Tally();
    const names = topicNames(facts.config.mqtt);
    const slow = excusedSpans(view, facts, SLOW_BROKER_EXCUSES);
    for (const { atMs, topic } of view.unknownMessages) {
      tally.countChecks();
      tally.addViolation({
        atMs,
        what: 'a message on a topic that is not one of the client',
        bound: [...names.keys()].join(', '),
        measured: topic,
      });
    }
    for (const name of names.values()) {
      view.messages(name).forEach((message, index, messages) => {
        checkFormat(name, message, messages[index - 1], slow, view, tally);
      });
    }
    view.connections.forEach((connection, index) => {
      checkWill(connection, view.connections[index - 1], names, view, tally);
    });
    for (const { atMs, reason } of view.limitViolations) {
      tally.addViolation({
        atMs,
        what: 'the client exceeded a limit of the broker',
        bound: 'what CONNACK states',
        measured: `reason code 0x${reason.toString(16)}`,
      });
    }
    return tally.result;
  },
};

function checkFormat(
  name: TopicName,
  message: EventOf<'received'>,
  before: EventOf<'received'> | undefined,
  slow: Spans,
  view: TraceView,
  tally: Tally,
): void {
  const connection = lastUntil(view.connections, message.atMs, ({ beginMs }) => beginMs);
  if (!connection) return;
  tally.countChecks();
  const format = grantedFormat(name, connection);
  // The client also waits for the acknowledgement of a message that tries a suspended topic again.
  const isRetry = message.atMs - (before?.atMs ?? 0) >= SUSPENSION_MS;
  const mayBeAcknowledged =
    connection.terms.maximumQoS > 0 && (isRetry || isProbing(message, connection, slow));
  const isRightQos = message.qos === format.qos || (message.qos === 1 && mayBeAcknowledged);
  if (isRightQos && message.retain === format.retain) return;
  tally.addViolation({
    atMs: message.atMs,
    what: `a message on ${message.topic} was published in the wrong way`,
    bound: formatName(format),
    measured: formatName(message),
  });
}

/**
 * Whether the client may wait for an acknowledgement of each message, to find the topic on which the broker has closed
 * the connection before.
 */
function isProbing({ atMs }: EventOf<'received'>, { beginMs }: Connection, slow: Spans): boolean {
  return atMs <= slow.endAt(beginMs + PROBING_MS);
}

/** A broker that does not support the will refuses the connection, and is then offered less, or none. */
function checkWill(
  connection: Connection,
  before: Connection | undefined,
  names: ReadonlyMap<string, TopicName>,
  view: TraceView,
  tally: Tally,
): void {
  const { beginMs, terms } = connection;
  const { will } = terms;
  // The client offers what the broker has granted before; what it grants now is known only afterwards.
  const granted = grantedFormat('status', connection);
  const formats = [
    granted,
    ...(before ? [grantedFormat('status', before)] : []),
    ...refusedCodes(connection, before, view).map((code) => FORMATS_AFTER[code] ?? FORMATS.status),
  ];
  tally.countChecks();
  if (!will && formats.some(isLimited)) return;
  const isRight =
    will !== undefined &&
    names.get(will.topic) === 'status' &&
    will.payload === WILL &&
    // Each limit is found out by itself.
    formats.some(({ qos }) => will.qos === qos) &&
    formats.some(({ retain }) => will.retain === retain);
  if (isRight) return;
  tally.addViolation({
    atMs: beginMs,
    what: 'a connection without a last will that says that the client is offline',
    bound: `${WILL} on the status topic, ${formatName(granted)}`,
    measured: will ? `${will.payload} on ${will.topic}, ${formatName(will)}` : 'none',
  });
}

/** Codes with which the broker has refused attempts of the same process since the connection before. */
function refusedCodes(
  { beginMs, process }: Connection,
  before: Connection | undefined,
  { brokerAttempts }: TraceView,
): number[] {
  return brokerAttempts
    .filter((attempt) => attempt.process === process && attempt.atMs >= (before?.beginMs ?? 0))
    .flatMap(({ atMs, refusal }) => (refusal?.code !== undefined && atMs < beginMs ? [refusal.code] : []));
}

/** Whether a broker supports less than the status topic needs. */
function isLimited({ qos, retain }: MessageFormat): boolean {
  return qos < FORMATS.status.qos || retain !== FORMATS.status.retain;
}

/** The format of a topic, as far as the broker supports it. */
function grantedFormat(name: TopicName, { terms }: Connection): MessageFormat {
  const { qos, retain } = FORMATS[name];
  return { qos: Math.min(qos, terms.maximumQoS), retain: retain && terms.retainAvailable };
}

function formatName({ qos, retain }: MessageFormat): string {
  return `QoS ${qos}, ${retain ? 'retained' : 'not retained'}`;
}
