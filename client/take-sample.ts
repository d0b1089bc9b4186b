import type { Counters } from './counters.ts';
import type { Fix } from './gps/fix.ts';
import type { Outbox } from './outbox/outbox.ts';
import { encodeSample, hasWholeFix, type NoFix } from './sample-payload.ts';
import type { Telemetry } from './scooter/poll.ts';
import type { Uplink } from './uplink/uplink.ts';

interface TakeOptions {
  readonly noFixPolicy: NoFix;
  readonly clockSynced: boolean;
  readonly outbox: Outbox;
  readonly uplink: Uplink;
  readonly counters: Counters;
}

/** Creates a sample of the latest telemetry: appends it to the outbox and publishes it live. Waits for neither. */
export function takeSample(telemetry: Telemetry, fix: Fix | undefined, options: TakeOptions): void {
  const { noFixPolicy, clockSynced, outbox, uplink, counters } = options;
  const takenAt = new Date();
  const takenAtMonotonicMs = performance.now();
  void outbox
    .append(({ bootId, seq }) => {
      const sample = { telemetry, fix, takenAt, takenAtMonotonicMs, clockSynced, bootId, seq };
      const payload = encodeSample(sample, noFixPolicy);
      // Live samples always use null for what is not known of the position.
      uplink.publishLive(hasWholeFix(sample) ? payload : encodeSample(sample, 'null'));
      return payload;
    })
    .then((isStored) => {
      if (isStored) counters.stored += 1;
    });
}
