import type { EventOf } from '../world/trace/event.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Life } from './view/lives.ts';
import { countUntil } from './view/search.ts';

type Census = EventOf<'census'>;

/** By how much it may differ what a client holds when a link comes up: it depends on what else it is doing just then. */
const GROWTH_ALLOWANCES = { timers: 5, listeners: 10, handles: 2 } as const;

type Countable = keyof typeof GROWTH_ALLOWANCES;

/** Fewer links tell nothing of growth. */
const MIN_LINKS = 8;
/** The first of them are compared with the last. */
const COMPARED_SHARE = 1 / 4;

/** What a sample takes of the store besides its payload: its key, its clocks, its checksum. */
const ROW_BYTES = 150;
/** Samples that are delivered, or given up, and not forgotten yet. */
const PENDING_DELETE_ROWS = 500;
/** Samples that no broker takes are kept apart, no more than this. */
const QUARANTINED_ROWS = 1_000;
/** What was given up, and the outbox's own counters. */
const LEDGER_BYTES = 65_536;
/** Where none was ever published. */
const TYPICAL_PAYLOAD_BYTES = 1_000;

export const s5: Guarantee = {
  title: 'Reconnecting leaves nothing behind',
  check(view, facts) {
    const tally = new Tally();
    for (const life of view.lives) judgeGrowth(life, view, tally);
    judgeStore(view, facts, tally);
    return tally.verdict;
  },
};

/** The last links of a process begin with no more than the first ones did. */
function judgeGrowth(life: Life, { links }: TraceView, tally: Tally): void {
  const counts = links.flatMap((link) => (link.life === life && link.census ? [link.census] : []));
  if (counts.length < MIN_LINKS) return;
  const part = Math.floor(counts.length * COMPARED_SHARE);
  for (const [name, allowance] of Object.entries(GROWTH_ALLOWANCES) as [Countable, number][]) {
    const initialMax = Math.max(...counts.slice(0, part).map((census) => census[name]));
    const finalMin = Math.min(...counts.slice(-part).map((census) => census[name]));
    const allowed = initialMax + allowance;
    tally.addMeasurement({
      atMs: counts.at(-1)?.atMs ?? life.beginMs,
      share: finalMin / allowed,
      bound: `at most ${allowed} ${name} after ${counts.length} links`,
      measured: `${finalMin} ${name}`,
      what: `${name} pile up from link to link`,
    });
  }
}

/** The store holds what waits, and what has to be remembered of the rest; after a disk fault that is hard to tell. */
function judgeStore(view: TraceView, facts: RunFacts, tally: Tally): void {
  const trouble = excusedSpans(view, facts, DISK_EXCUSES);
  for (const { census } of view.links.slice(1)) {
    if (!census || trouble.overlaps(0, census.atMs)) continue;
    const allowed = storeBytes(census, view, facts);
    tally.addMeasurement({
      atMs: census.atMs,
      share: census.storeBytes / allowed,
      bound: `at most ${allowed} bytes in the store`,
      measured: `${census.storeBytes} bytes`,
      what: 'the store holds more than what waits',
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
