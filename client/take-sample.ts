import type { Counters } from './counters.ts';
import type { Fix } from './gps/fix.ts';
import type { Logger } from './log.ts';
import type { Outbox } from './outbox/outbox.ts';
import { encodeSample, hasFreshFix, type NoFix } from './sample.ts';
import type { Telemetry } from './scooter/poll.ts';
import type { Uplink } from './uplink/uplink.ts';

interface TakeOptions {
  readonly nofix: NoFix;
  readonly clockSynced: () => boolean;
  readonly outbox: Outbox;
  readonly uplink: Uplink;
  readonly counters: Counters;
  readonly log: Logger;
}

/** Makes a sample of what the scooter just said: stores it for the journal, and shows it live. Waits for neither. */
export function takeSample(telemetry: Telemetry, fix: Fix | undefined, options: TakeOptions): void {
  const { nofix, clockSynced, outbox, uplink, counters, log } = options;
  const takenAt = new Date();
  const takenAtMs = performance.now();
  const isSynced = clockSynced();
  outbox
    .append(({ bootId, seq }) => {
      const sample = { telemetry, fix, takenAt, takenAtMs, clockSynced: isSynced, bootId, seq };
      const payload = encodeSample(sample, nofix);
      uplink.live(hasFreshFix(sample) ? payload : encodeSample(sample, 'null'));
      return payload;
    })
    .then(() => (counters.stored += 1))
    .catch((error: unknown) => {
      counters.diskErrors += 1;
      log.error({ err: error }, 'a sample could not be stored, and is lost');
    });
}
