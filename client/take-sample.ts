import type { Counters } from './counters.ts';
import type { Fix } from './gps/fix.ts';
import type { Logger } from './log.ts';
import type { Outbox } from './outbox/outbox.ts';
import { encodeSample, type NoFix } from './sample.ts';
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
  const reading = {
    telemetry,
    fix,
    takenAt: new Date(),
    takenAtMs: performance.now(),
    clockSynced: clockSynced(),
  };
  outbox
    .append((id) => {
      const sample = { ...reading, ...id };
      uplink.live(encodeSample(sample, 'null'));
      return encodeSample(sample, nofix);
    })
    .then(() => (counters.stored += 1))
    .catch((error: unknown) => {
      counters.diskErrors += 1;
      log.error({ err: error }, 'a sample could not be stored, and is lost');
    });
}
