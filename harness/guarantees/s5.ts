import type { EventOf } from '../world/trace/event.ts';
import { DISK_IN_TROUBLE, troubles } from './excuses.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Life } from './view/lives.ts';
import { countUntil } from './view/search.ts';

type Census = EventOf<'census'>;

/** By how much it may differ what a client holds when a link comes up: it depends on what else it is doing just then. */
const ALLOWANCES = { timers: 5, listeners: 10, handles: 2 } as const;

type Countable = keyof typeof ALLOWANCES;

/** Fewer links tell nothing of growth. */
const LEAST_LINKS = 8;
/** The first of them are compared with the last. */
const COMPARED_PART = 1 / 4;

/** What a sample takes of the store besides its payload: its key, its clocks, its checksum. */
const ROW_BYTES = 150;
/** Samples that are delivered, or given up, and not forgotten yet. */
const UNFORGOTTEN_ROWS = 500;
/** Samples that no broker takes are kept apart, no more than this. */
const ASIDE_ROWS = 1_000;
/** What was given up, and the outbox's own counters. */
const LEDGER_BYTES = 65_536;
/** Where none was ever published. */
const TYPICAL_PAYLOAD_BYTES = 1_000;

export const s5: Guarantee = {
  title: 'Reconnecting leaves nothing behind',
  check(view, terms) {
    const tally = new Tally();
    for (const life of view.lives) judgeGrowth(life, view, tally);
    judgeStore(view, terms, tally);
    return tally.verdict;
  },
};

/** The last links of a process begin with no more than the first ones did. */
function judgeGrowth(life: Life, { links }: TraceView, tally: Tally): void {
  const counts = links.flatMap((link) => (link.life === life && link.census ? [link.census] : []));
  if (counts.length < LEAST_LINKS) return;
  const part = Math.floor(counts.length * COMPARED_PART);
  for (const [name, allowance] of Object.entries(ALLOWANCES) as [Countable, number][]) {
    const atFirst = Math.max(...counts.slice(0, part).map((census) => census[name]));
    const atLast = Math.min(...counts.slice(-part).map((census) => census[name]));
    const allowed = atFirst + allowance;
    tally.measured({
      atMs: counts.at(-1)?.atMs ?? life.beginMs,
      share: atLast / allowed,
      bound: `at most ${allowed} ${name} after ${counts.length} links`,
      measured: `${atLast} ${name}`,
      what: `${name} pile up from link to link`,
    });
  }
}

/** The store holds what waits, and what has to be remembered of the rest; after a disk fault that is hard to tell. */
function judgeStore(view: TraceView, terms: Terms, tally: Tally): void {
  const trouble = troubles(view, terms, DISK_IN_TROUBLE);
  for (const { census } of view.links.slice(1)) {
    if (!census || trouble.meets(0, census.atMs)) continue;
    const allowed = storeBytes(census, view, terms);
    tally.measured({
      atMs: census.atMs,
      share: census.storeBytes / allowed,
      bound: `at most ${allowed} bytes in the store`,
      measured: `${census.storeBytes} bytes`,
      what: 'the store holds more than what waits',
    });
  }
}

function storeBytes({ atMs }: Census, view: TraceView, { config }: Terms): number {
  const { samples, deliveries, announcements } = view;
  const { maxCount, maxBytes } = config.outbox;
  const payloadBytes = deliveries.biggestBytes || TYPICAL_PAYLOAD_BYTES;
  const stored = countUntil(samples, atMs, ({ takenMs }) => takenMs);
  const delivered = countUntil(deliveries.first, atMs, (delivery) => delivery.atMs);
  const waiting = Math.max(0, Math.min(stored - delivered, maxCount));
  const refused = announcements.all.some(({ reason }) => reason === 'refused') ? ASIDE_ROWS : 0;
  const others = UNFORGOTTEN_ROWS + refused;
  const rowBytes = payloadBytes + ROW_BYTES;
  return Math.min(waiting * payloadBytes, maxBytes) + waiting * ROW_BYTES + others * rowBytes + LEDGER_BYTES;
}
