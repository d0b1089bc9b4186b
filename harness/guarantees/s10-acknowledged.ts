import { ACKNOWLEDGED_MS, ACKNOWLEDGEMENT_EXCUSES, acknowledgements } from './acknowledged.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import type { Guarantee, RunFacts } from './guarantee.ts';
import { sampleName } from './sample-names.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { SampleMap, type Delivery } from './view/deliveries.ts';
import { endedAbruptly } from './view/processes.ts';
import { firstAfter } from './view/search.ts';

/** Time until an acknowledged sample is deleted from the store: deletions are written with the next sample, or then. */
const DELETED_MS = 11_000;
/** Reasons for a drop whose ranges may include delivered samples: a damaged store (docs/topics.md). */
const INEXACT_REASONS = ['disk'];

const AFTER_CRASH =
  `unless the client was killed within ${formatSeconds(DELETED_MS)}, ` +
  'or lost power before the next sample was stored';

export const s10: Guarantee = {
  title: 'A sample that the broker has acknowledged is neither sent again nor reported as dropped',
  rules: [
    {
      checks: `Deliveries of a sample more than ${formatSeconds(ACKNOWLEDGED_MS)} after it was delivered on a connection that persisted`,
      bound: `none, ${AFTER_CRASH}`,
      excuses: [ACKNOWLEDGEMENT_EXCUSES, DISK_EXCUSES],
    },
    {
      checks: 'Samples reported as dropped that were delivered in the same way, or are delivered afterwards',
      bound: `none, ${AFTER_CRASH}; ranges with the reason ${INEXACT_REASONS.join(', ')} may contain some`,
      excuses: [ACKNOWLEDGEMENT_EXCUSES, DISK_EXCUSES],
    },
  ],
  blindSpots: [
    'Deliveries at QoS 0.',
    `Samples that are sent again because their connection ended within ${formatSeconds(ACKNOWLEDGED_MS)} of them.`,
  ],
  check(view, facts) {
    const tally = new Tally();
    const known = new KnownDeliveries(view, facts);
    checkRepeated(view, known, tally);
    checkDropped(view, known, tally);
    return tally.result;
  },
};

/** The deliveries that the client knows of, and for how long it is bound to. */
class KnownDeliveries {
  readonly #view: TraceView;
  readonly isAcknowledged: (delivery: Delivery) => boolean;
  readonly #diskFaults;

  constructor(view: TraceView, facts: RunFacts) {
    this.#view = view;
    this.isAcknowledged = acknowledgements(view, facts);
    this.#diskFaults = excusedSpans(view, facts, DISK_EXCUSES);
  }

  /** Whether the client knows at `ms` that a sample was delivered. */
  isKnown(delivery: Delivery, ms: number): boolean {
    return this.isAcknowledged(delivery) && !this.#mayBeForgotten(delivery.atMs, ms);
  }

  /** Whether the deletion of a sample may not have reached the disk before a process ended abruptly. */
  #mayBeForgotten(deliveredMs: number, ms: number): boolean {
    if (this.#diskFaults.overlaps(deliveredMs, ms)) return true;
    return this.#view.processes.some((process) => {
      const { endMs, end } = process;
      if (endMs <= deliveredMs || endMs >= ms || !endedAbruptly(process)) return false;
      if (endMs <= deliveredMs + DELETED_MS) return true;
      // Deletions are synced with the next sample only.
      const syncedMs = firstAfter(
        this.#view.storedEvents,
        deliveredMs + DELETED_MS,
        ({ atMs }) => atMs,
      )?.atMs;
      return end?.how === 'power cut' && (syncedMs === undefined || syncedMs > endMs);
    });
  }
}

function checkRepeated({ deliveries }: TraceView, known: KnownDeliveries, tally: Tally): void {
  tally.countChecks(deliveries.first.filter((delivery) => known.isAcknowledged(delivery)).length);
  const latest = new SampleMap<Delivery>();
  for (const delivery of deliveries.repeated) {
    const before = latest.get(delivery) ?? deliveries.of(delivery);
    latest.set(delivery, delivery);
    if (!before || !known.isKnown(before, delivery.atMs)) continue;
    tally.addViolation({
      atMs: delivery.atMs,
      what: `${sampleName(delivery)} was sent again although the broker had acknowledged it`,
      bound: 'once',
      measured: `again after ${formatSeconds(delivery.atMs - before.atMs)}`,
    });
  }
}

function checkDropped({ deliveries, dropReports }: TraceView, known: KnownDeliveries, tally: Tally): void {
  for (const delivery of deliveries.first) {
    const report = dropReports.of(delivery);
    if (!report || INEXACT_REASONS.includes(report.reason)) continue;
    tally.countChecks();
    const isAfter = delivery.atMs > report.atMs + ACKNOWLEDGED_MS;
    if (!isAfter && !known.isKnown(delivery, report.atMs)) continue;
    tally.addViolation({
      atMs: Math.max(delivery.atMs, report.atMs),
      what: `${sampleName(delivery)} was delivered and reported as dropped, reason "${report.reason}"`,
      bound: 'one of the two',
      measured: isAfter ? 'delivered after the report' : 'reported after the delivery',
    });
  }
}
