import type { EventOf } from '../world/trace/event.ts';
import { CLIENT_ENDED, DISK_IN_TROUBLE, SCOOTER_IN_TROUBLE, troubles, whileItLasts } from './excuses.ts';
import type { Excuses } from './excuses.ts';
import type { Guarantee, Terms } from './guarantee.ts';
import { pollingAt } from './polling.ts';
import { Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { countUntil } from './view/search.ts';

/** Receivers measure once a second unless they are told otherwise; a fix is the sentences of one measurement. */
const SENTENCE_MS = 1_000;

const GPS_FAULTS = ['gps.silence', 'gps.unplug', 'gps.garbage', 'gps.nofix'] as const;
const SAMPLES_IN_TROUBLE: Excuses = { ...SCOOTER_IN_TROUBLE, ...DISK_IN_TROUBLE };
const FIX_IN_TROUBLE: Excuses = {
  ...CLIENT_ENDED,
  'gps.silence': whileItLasts,
  'gps.unplug': whileItLasts,
  'gps.garbage': whileItLasts,
  'gps.nofix': whileItLasts,
};

export const l6: Guarantee = {
  title: 'A GPS fault neither delays nor drops a sample, and the position comes back',
  check(view, terms) {
    const tally = new Tally();
    const { serial } = terms.config;
    if (!serial) return tally.verdict;
    const withinMs = serial.reopenIntervalMs + 2 * SENTENCE_MS;
    for (const fault of view.faultsNamed(...GPS_FAULTS)) {
      judgeSamples(fault, fault.endMs + withinMs, view, terms, tally);
      judgeFix(fault, withinMs, view, terms, tally);
    }
    return tally.verdict;
  },
};

/** While the receiver fails, and while it comes back, samples keep coming at their interval. */
function judgeSamples(fault: FaultSpan, overMs: number, view: TraceView, terms: Terms, tally: Tally): void {
  const before = pollingAt(view, fault.beginMs);
  if (!before || overMs > view.endMs || !view.livesThrough(before.dueMs, overMs)) return;
  if (troubles(view, terms, SAMPLES_IN_TROUBLE).meets(before.dueMs, overMs)) return;
  const { mqtt, scooter } = terms.config;
  const { waitMs, atMs } = longestWait(fault.beginMs, overMs, view);
  tally.deadline({
    atMs,
    withinMs: mqtt.sendIntervalMs + scooter.requestTimeoutMs,
    tookMs: waitMs,
    what: `a sample was late or missing at ${fault.fault}`,
  });
}

/** The longest time without a sample, and when it was over. */
function longestWait(fromMs: number, toMs: number, { taken }: TraceView): { waitMs: number; atMs: number } {
  let longest = { waitMs: 0, atMs: fromMs };
  let lastMs = fromMs;
  const wait = (atMs: number): void => {
    if (atMs - lastMs > longest.waitMs) longest = { waitMs: atMs - lastMs, atMs };
    lastMs = atMs;
  };
  for (let index = countUntil(taken, fromMs, ({ atMs }) => atMs); index < taken.length; index++) {
    const atMs = taken[index]?.atMs ?? Infinity;
    if (atMs > toMs) break;
    wait(atMs);
  }
  wait(toMs);
  return longest;
}

function firstFixAfter(ms: number, { fixes }: TraceView): EventOf<'gps.fix'> | undefined {
  for (let index = countUntil(fixes, ms, ({ atMs }) => atMs); index < fixes.length; index++) {
    const fix = fixes[index];
    if (fix?.heard && fix.latitude !== undefined) return fix;
  }
  return undefined;
}

/** The client hears a complete fix again. */
function judgeFix(fault: FaultSpan, withinMs: number, view: TraceView, terms: Terms, tally: Tally): void {
  const { endMs } = fault;
  const fix = firstFixAfter(endMs, view);
  const overMs = Math.min(endMs + withinMs, fix?.atMs ?? Infinity);
  if (overMs > view.endMs || !view.livesThrough(endMs, overMs)) return;
  if (troubles(view, terms, FIX_IN_TROUBLE, fault).meets(endMs, overMs)) return;
  tally.deadline({
    atMs: overMs,
    withinMs,
    tookMs: fix ? fix.atMs - endMs : undefined,
    what: `no fix soon enough after ${fault.fault}`,
  });
}
