import type { ClockSync } from '../clock-sync.ts';
import type { Counters } from '../counters.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { DroppedRange } from '../outbox/stored-sample.ts';
import { encodeRanges } from './drop-announcements.ts';

export interface HealthSources {
  readonly bootId: string;
  readonly version: string;
  readonly counters: Counters;
  readonly outbox: Outbox;
  readonly clock: Pick<ClockSync, 'state'>;
}

/** The payload of `<base>/health`: counters of the client, and some ranges of samples that were dropped. */
export function healthReport(
  { bootId, version, counters, outbox, clock }: HealthSources,
  ranges: readonly DroppedRange[],
): string {
  return JSON.stringify({
    boot_id: bootId,
    version,
    uptime_sec: Math.round(performance.now() / 1000),
    clock_synced: clock.state ?? 'unknown',
    broker: { connects: counters.brokerConnects, failures: counters.brokerFailures },
    scooter: { logins: counters.logins, links_lost: counters.linksLost },
    samples: { stored: counters.stored, delivered: outbox.delivered, disk_errors: outbox.diskErrors },
    outbox: { ...outbox.usage, damages: outbox.ledger.damages },
    dropped: outbox.ledger.totals,
    dropped_ranges: encodeRanges(ranges),
  });
}
