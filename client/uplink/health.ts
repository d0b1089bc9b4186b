import type { Counters } from '../counters.ts';
import type { Outbox } from '../outbox/outbox.ts';

export interface HealthSources {
  readonly bootId: string;
  readonly version: string;
  readonly counters: Counters;
  readonly outbox: Outbox;
}

/** The payload of `<base>/health`: counters of the client, and the ranges of samples that were dropped. */
export function healthReport({ bootId, version, counters, outbox }: HealthSources): string {
  return JSON.stringify({
    boot_id: bootId,
    version,
    uptime_sec: Math.round(performance.now() / 1000),
    broker: { connects: counters.brokerConnects, failures: counters.brokerFailures },
    scooter: { logins: counters.logins, links_lost: counters.linksLost },
    samples: { stored: counters.stored, delivered: outbox.delivered, disk_errors: outbox.diskErrors },
    outbox: { ...outbox.usage, damages: outbox.ledger.damages },
    dropped: outbox.ledger.totals,
    dropped_ranges: outbox.ledger.ranges.map(({ bootId, from, to, reason }) => ({
      boot_id: bootId,
      from,
      to,
      reason,
    })),
  });
}
