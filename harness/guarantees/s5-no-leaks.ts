import type { EventOf } from '../world/trace/event.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { ProcessSpan } from './view/processes.ts';
import { countUntil } from './view/search.ts';

type Census = EventOf<'census'>;

/** Allowed growth of the resources that the client holds when a link comes up; they depend on its other activities. */
const GROWTH_ALLOWANCES = { timers: 5, listeners: 10, handles: 2 } as const;

type Countable = keyof typeof GROWTH_ALLOWANCES;

/** Growth cannot be measured over fewer links. */
const MIN_LINKS = 8;
/** Share of the first links that is compared with the same share of the last ones. */
const COMPARED_SHARE = 1 / 4;

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
      checks: `Timers, listeners and handles of a process at its links, from ${MIN_LINKS} links on`,
      bound:
        `the minimum in the last ${100 * COMPARED_SHARE} % of the links is at most the maximum in the first ${100 * COMPARED_SHARE} % ` +
        `+ ${GROWTH_ALLOWANCES.timers} timers, ${GROWTH_ALLOWANCES.listeners} listeners, ${GROWTH_ALLOWANCES.handles} handles`,
      excuses: [],
    },
    {
      checks: 'Bytes in the store at each link but the first, if there was no disk fault before',
      bound:
        `min(n × p, max_bytes) + n × ${ROW_BYTES} + ${PENDING_DELETE_ROWS} × (p + ${ROW_BYTES}) + ${LEDGER_BYTES}, with n samples ` +
        `of at most p bytes in the outbox; after a drop as "refused", ${QUARANTINED_ROWS} × (p + ${ROW_BYTES}) more`,
      excuses: [],
    },
  ],
  blindSpots: [
    'Memory in use: objects and buffers that are never freed.',
    'Processes with fewer links, and growth within the allowance.',
    'Listeners other than those on Bluetooth sockets and on the process, and handles other than Bluetooth sockets, the serial port, connections to the broker, and stores.',
  ],
  check(view, facts) {
    const tally = new Tally();
    for (const process of view.processes) checkGrowth(process, view, tally);
    checkStore(view, facts, tally);
    return tally.result;
  },
};

/** A process holds no more resources at its last links than at its first ones. */
function checkGrowth(process: ProcessSpan, { links }: TraceView, tally: Tally): void {
  const counts = links.flatMap((link) => (link.process === process && link.census ? [link.census] : []));
  if (counts.length < MIN_LINKS) return;
  const part = Math.floor(counts.length * COMPARED_SHARE);
  for (const [name, allowance] of Object.entries(GROWTH_ALLOWANCES) as [Countable, number][]) {
    const initialMax = Math.max(...counts.slice(0, part).map((census) => census[name]));
    const finalMin = Math.min(...counts.slice(-part).map((census) => census[name]));
    const allowed = initialMax + allowance;
    tally.addMeasurement({
      atMs: counts.at(-1)?.atMs ?? process.beginMs,
      share: finalMin / allowed,
      bound: `at most ${allowed} ${name} after ${counts.length} links`,
      measured: `${finalMin} ${name}`,
      what: `${name} grow with the number of links`,
    });
  }
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

function storeBytes({ atMs }: Census, view: TraceView, { config }: RunFacts): number {
  const { samples, deliveries, dropReports } = view;
  const { maxCount, maxBytes } = config.outbox;
  const payloadBytes = deliveries.maxPayloadBytes || TYPICAL_PAYLOAD_BYTES;
  const stored = countUntil(samples, atMs, ({ storedMs }) => storedMs);
  const delivered = countUntil(deliveries.first, atMs, (delivery) => delivery.atMs);
  const waiting = Math.max(0, Math.min(stored - delivered, maxCount));
  const refused = dropReports.all.some(({ reason }) => reason === 'refused') ? QUARANTINED_ROWS : 0;
  const others = PENDING_DELETE_ROWS + refused;
  const rowBytes = payloadBytes + ROW_BYTES;
  return Math.min(waiting * payloadBytes, maxBytes) + waiting * ROW_BYTES + others * rowBytes + LEDGER_BYTES;
}
