import type { EventOf } from '../world/trace/event.ts';
import { DISK_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import type { Excuses, Guarantee, RunFacts } from './guarantee.ts';
import { outboxLimits } from './outbox-limits.ts';
import { mostInMemory } from './samples-in-memory.ts';
import { formatCount, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { endedAbruptly, type ProcessSpan } from './view/processes.ts';
import { countUntil, firstAfter } from './view/search.ts';

/** What cannot be closed is left to the operating system. */
const EXIT_EXCUSES: Excuses = { ...DISK_EXCUSES, 'gps.unclosable': whileActive };

type Census = EventOf<'census'>;

/** A Bluetooth socket, a serial port or connection to gpsd, a connection to the broker, a store. */
const MAX_HANDLES = 4;
/** `events.defaultMaxListeners`: Node.js warns of more, but from version 22 on not of those of abort signals. */
const MAX_LISTENERS = 10;
/** A serial port that opens after the first link gets a few listeners more. */
const LISTENER_ALLOWANCE = 4;
/** So does a connection to the broker that is being opened at the first link: its stream and its packets are listened to. */
const CONNECTING_ALLOWANCE = 5;

/** Allowed growth of the timers that the client has set when a link comes up; they depend on its other activities. */
const TIMER_ALLOWANCE = 5;
/** Growth of timers cannot be measured over fewer links. */
const MIN_LINKS = 8;
/** Share of the first links that is compared with the same share of the last ones. */
const COMPARED_SHARE = 1 / 4;

/** Unit in which samples are read from the disk and removed from memory. */
const SEGMENT_SAMPLES = 256;
/** Those of the latest samples, of the last two reads, and of one in progress. */
const MAX_SEGMENTS_IN_MEMORY = 4;
const MAX_IN_MEMORY = MAX_SEGMENTS_IN_MEMORY * SEGMENT_SAMPLES;

/** Storage for a sample besides its payload: key, timestamps, checksum. */
const ROW_BYTES = 150;
/** Samples that are delivered or dropped but not deleted yet. */
const PENDING_DELETE_ROWS = 500;
/** Maximum number of quarantined samples, which the broker has refused. */
const QUARANTINED_ROWS = 1_000;
/** Drop records and counters of the outbox. */
const LEDGER_BYTES = 65_536;
/** Assumed if no sample was published. */
const TYPICAL_PAYLOAD_BYTES = 1_000;

export const s5: Guarantee = {
  title: 'Reconnecting leaks no timers, listeners, handles or storage',
  rules: [
    {
      checks: `Timers of a process at its links, from ${MIN_LINKS} links on`,
      bound:
        `the minimum in the last ${100 * COMPARED_SHARE} % of the links is at most the maximum in the first ` +
        `${100 * COMPARED_SHARE} % + ${TIMER_ALLOWANCE}`,
      excuses: [],
    },
    {
      checks:
        'Listeners of a process at each of its links but the first, on all emitters and abort signals that it has ' +
        'listened to before its first link',
      bound: `their number at the first link + ${LISTENER_ALLOWANCE}, + ${CONNECTING_ALLOWANCE} if that was during an attempt to connect to the broker`,
      excuses: [],
    },
    {
      checks:
        'Listeners of a process for one event of one emitter or abort signal, at any time up to a link or its exit',
      bound: `at most ${MAX_LISTENERS}`,
      excuses: [],
    },
    {
      checks:
        'Bluetooth sockets, serial ports and connections to gpsd, connections to the broker and stores of a process at each link',
      bound: `at most ${MAX_HANDLES} are open`,
      excuses: [],
    },
    {
      checks: 'The same at the exit of a process',
      bound: 'none is open',
      excuses: [EXIT_EXCUSES],
    },
    {
      checks:
        'Samples that are in memory although they are on disk: those that are delivered later without being read from it',
      bound: `at most ${MAX_SEGMENTS_IN_MEMORY} × ${SEGMENT_SAMPLES} at a time`,
      excuses: [],
    },
    { checks: 'Warnings of Node.js about what the client does', bound: 'none', excuses: [] },
    {
      checks: 'Bytes in the store at each link but the first, if there was no disk fault before',
      bound:
        `min(n × p, max_bytes) + n × ${ROW_BYTES} + ${PENDING_DELETE_ROWS} × (p + ${ROW_BYTES}) + ${LEDGER_BYTES}, with n samples ` +
        `of at most p bytes in the outbox; after a drop as "refused", ${QUARANTINED_ROWS} × (p + ${ROW_BYTES}) more`,
      excuses: [],
    },
  ],
  blindSpots: [
    'Memory in use: objects and buffers that are never freed, except for stored samples that are delivered in the end.',
    'The number of samples in memory while the disk fails.',
    'Timers of processes with fewer links, and growth within the allowance.',
    `Up to ${MAX_LISTENERS} listeners for one event of an object that a process first listens to after its first link.`,
    'What a process still holds when it is killed.',
    'Deprecation and experimental warnings that only code of libraries causes: they differ by version of Node.js.',
  ],
  check(view, facts) {
    const tally = new Tally();
    for (const process of view.processes) {
      checkTimers(process, view, tally);
      checkListeners(process, view, tally);
    }
    checkCensuses(view, facts, tally);
    for (const { atMs, name, message } of view.warnings) {
      tally.countChecks();
      const measured = `${name}: ${message}`;
      tally.addViolation({ atMs, what: 'Node.js warns of the client', bound: 'no warning', measured });
    }
    checkMemory(view, tally);
    checkStore(view, facts, tally);
    return tally.result;
  },
};

/** The censuses of a process when its links came up. */
function linkCensuses(process: ProcessSpan, { links }: TraceView): readonly Census[] {
  return links.flatMap((link) => (link.process === process && link.census ? [link.census] : []));
}

/** A process has set no more timers at its last links than at its first ones. */
function checkTimers(process: ProcessSpan, view: TraceView, tally: Tally): void {
  const counts = linkCensuses(process, view);
  if (counts.length < MIN_LINKS) return;
  const part = Math.floor(counts.length * COMPARED_SHARE);
  const initialMax = Math.max(...counts.slice(0, part).map(({ timers }) => timers));
  const finalMin = Math.min(...counts.slice(-part).map(({ timers }) => timers));
  const allowed = initialMax + TIMER_ALLOWANCE;
  tally.addMeasurement({
    atMs: counts.at(-1)?.atMs ?? process.beginMs,
    share: finalMin / allowed,
    bound: `at most ${allowed} timers after ${counts.length} links`,
    measured: `${finalMin} timers`,
    what: 'timers grow with the number of links',
  });
}

/** A link adds no listener to what outlives it. */
function checkListeners(process: ProcessSpan, view: TraceView, tally: Tally): void {
  const [first, ...others] = linkCensuses(process, view);
  if (!first) return;
  const connecting = isConnecting(first.atMs, process, view) ? CONNECTING_ALLOWANCE : 0;
  const allowed = first.listeners + LISTENER_ALLOWANCE + connecting;
  for (const [index, { atMs, listeners }] of others.entries()) {
    tally.addMeasurement({
      atMs,
      share: listeners / allowed,
      bound: `at most ${allowed} listeners at link ${index + 2}`,
      measured: `${listeners} listeners`,
      what: 'listeners grow with the number of links',
    });
  }
}

/** Whether an attempt of a process to connect to the broker is not over yet. */
function isConnecting(ms: number, process: ProcessSpan, { brokerAttempts, connections }: TraceView): boolean {
  const attempt = brokerAttempts.findLast((other) => other.process === process && other.atMs <= ms);
  if (!attempt) return false;
  const connectedMs =
    firstAfter(connections, attempt.atMs - 1, ({ beginMs }) => beginMs)?.beginMs ?? Infinity;
  return Math.min(connectedMs, attempt.refusal?.atMs ?? Infinity) >= ms;
}

/** At no time there are too many listeners for one event, or handles; and a process that exits closes its handles. */
function checkCensuses(view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = excusedSpans(view, facts, EXIT_EXCUSES);
  for (const { census, process } of view.censuses) {
    const { atMs, mostListeners, handles } = census;
    tally.addMeasurement({
      atMs,
      share: mostListeners / MAX_LISTENERS,
      bound: `at most ${MAX_LISTENERS} listeners for one event of an object`,
      measured: `${mostListeners} listeners`,
      what: 'listeners are not removed',
    });
    const isEnd = process.end?.how === 'exit' && atMs === process.endMs;
    const isExit = isEnd && !endedAbruptly(process);
    if (isExit && excused.overlaps(atMs - 1, atMs)) continue;
    const allowed = isExit ? 0 : MAX_HANDLES;
    tally.addMeasurement({
      atMs,
      share: handles <= allowed ? handles / MAX_HANDLES : Infinity,
      bound: `at most ${allowed} open handles${isExit ? ' at the exit' : ''}`,
      measured: `${handles} handles`,
      what: 'sockets, ports, connections or stores are not closed',
    });
  }
}

/** Samples that are on disk leave the memory, however many of them wait for the broker. */
function checkMemory(view: TraceView, tally: Tally): void {
  if (view.deliveries.first.length === 0) return;
  const { atMs, count } = mostInMemory(view);
  tally.addMeasurement({
    atMs,
    share: count / MAX_IN_MEMORY,
    bound: `at most ${MAX_IN_MEMORY} stored samples in memory`,
    measured: formatCount(count, 'sample'),
    what: 'stored samples stay in memory',
  });
}

/** The store holds the backlog and a bounded overhead. Not checked after a disk fault, whose effect is unknown. */
function checkStore(view: TraceView, facts: RunFacts, tally: Tally): void {
  const excused = excusedSpans(view, facts, DISK_EXCUSES);
  for (const { census } of view.links.slice(1)) {
    if (!census || excused.overlaps(0, census.atMs)) continue;
    const allowed = storeBytes(census, view, facts);
    tally.addMeasurement({
      atMs: census.atMs,
      share: census.storeBytes / allowed,
      bound: `at most ${allowed} bytes in the store`,
      measured: `${census.storeBytes} bytes`,
      what: 'the store is larger than the backlog',
    });
  }
}

function storeBytes({ atMs }: Census, view: TraceView, facts: RunFacts): number {
  const { samples, deliveries, dropReports } = view;
  const { maxCount, maxBytes } = outboxLimits(view, facts, atMs, atMs).at(-1) ?? facts.config.outbox;
  const payloadBytes = deliveries.maxPayloadBytes || TYPICAL_PAYLOAD_BYTES;
  const stored = countUntil(samples, atMs, ({ storedMs }) => storedMs);
  const delivered = countUntil(deliveries.first, atMs, (delivery) => delivery.atMs);
  const waiting = Math.max(0, Math.min(stored - delivered, maxCount));
  const refused = dropReports.all.some(({ reason }) => reason === 'refused') ? QUARANTINED_ROWS : 0;
  const others = PENDING_DELETE_ROWS + refused;
  const rowBytes = payloadBytes + ROW_BYTES;
  return Math.min(waiting * payloadBytes, maxBytes) + waiting * ROW_BYTES + others * rowBytes + LEDGER_BYTES;
}
