import type { Counters } from './counters.ts';
import type { Fix } from './gps/fix.ts';
import type { Outbox } from './outbox/outbox.ts';
import { encodeSample, hasFreshFix, type NoFix } from './sample-payload.ts';
import type { Telemetry } from './scooter/poll.ts';
import type { Uplink } from './uplink/uplink.ts';

interface TakeOptions {
  readonly nofix: NoFix;
  readonly clockSynced: () => boolean;
  readonly outbox: Outbox;
  readonly uplink: Uplink;
  readonly counters: Counters;
}

/** Makes a sample of what the scooter just said: puts it into the outbox, and publishes it live. Waits for neither. */
export function takeSample(telemetry: Telemetry, fix: Fix | undefined, options: TakeOptions): void {
  const { nofix, clockSynced, outbox, uplink, counters } = options;
  const takenAt = new Date();
  const takenAtMs = performance.now();
  const isSynced = clockSynced();
  void outbox
    .append(({ bootId, seq }) => {
      const sample = { telemetry, fix, takenAt, takenAtMs, clockSynced: isSynced, bootId, seq };
      const payload = encodeSample(sample, nofix);
      uplink.live(hasFreshFix(sample) ? payload : encodeSample(sample, 'null'));
      return payload;
    })
    .then((isStored) => {
      if (isStored) counters.stored += 1;
    });
}
