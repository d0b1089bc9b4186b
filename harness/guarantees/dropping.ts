import type { DropReason } from '../../client/outbox/sample.ts';
import { UNDER_WAY } from './drain.ts';
import type { Terms } from './guarantee.ts';
import { counted, seconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Announcement } from './view/announcements.ts';
import { countUntil } from './view/search.ts';

/** A sample counts as refused when the broker has hung up on it so often. */
const HANG_UPS = 3;

/** What would have to be so for samples to be given up, and what was. */
interface Unfit {
  readonly bound: string;
  readonly measured: string;
}

type Check = (announcement: Announcement, view: TraceView, terms: Terms) => Unfit | undefined;

const CHECKS: Readonly<Record<DropReason, Check>> = {
  count: (announcement, view, { config }) => {
    const rivals = rivalsOf(announcement, view, config.outbox.whenFull);
    const { maxCount } = config.outbox;
    if (rivals === undefined || rivals >= maxCount) return undefined;
    return { bound: `only beside ${maxCount} others`, measured: `beside ${rivals}` };
  },
  bytes: (announcement, view, { config }) => {
    const rivals = rivalsOf(announcement, view, config.outbox.whenFull);
    const { maxBytes } = config.outbox;
    if (rivals === undefined) return undefined;
    const bytes = (rivals + 1) * view.deliveries.biggestBytes;
    return bytes > maxBytes
      ? undefined
      : { bound: `only above ${maxBytes} bytes`, measured: `${bytes} bytes` };
  },
  age: ({ bootId, from, atMs }, view, { config }) => {
    const takenMs = view.sampleOf({ bootId, seq: from })?.takenMs;
    // Samples of earlier starts age by the wall clock.
    if (takenMs === undefined || view.faultsNamed('clock.step').length > 0) return undefined;
    const { maxAgeMs } = config.outbox;
    if (atMs - takenMs >= maxAgeMs) return undefined;
    return { bound: `only when older than ${seconds(maxAgeMs)}`, measured: seconds(atMs - takenMs) };
  },
  disk: ({ atMs }, view) =>
    timesBefore(atMs, view, 'disk.full', 'disk.error') > 0
      ? undefined
      : { bound: 'only where the disk fails', measured: 'it never did' },
  refused: ({ atMs }, view) => {
    const hangUps = timesBefore(atMs, view, 'broker.stop', 'broker.refuse', 'broker.kick');
    if (hangUps >= HANG_UPS) return undefined;
    return { bound: `only after ${HANG_UPS} hang-ups`, measured: counted(hangUps, 'hang-up') };
  },
};

/** Why samples may not have been given up for the reason that the client gave; undefined where they may. */
export function unfitness(announcement: Announcement, view: TraceView, terms: Terms): Unfit | undefined {
  const checks: Readonly<Record<string, Check | undefined>> = CHECKS;
  const check = checks[announcement.reason];
  if (check) return check(announcement, view, terms);
  return { bound: `one of ${Object.keys(CHECKS).join(', ')}`, measured: announcement.reason };
}

/** Whether the outbox may have been so full that it has turned a new sample away. */
export function mayBeFull({ samples, deliveries }: TraceView, { config }: Terms, ms: number): boolean {
  const { whenFull, maxCount, maxBytes } = config.outbox;
  const delivered = countUntil(deliveries.first, ms, ({ atMs }) => atMs);
  const waiting = countUntil(samples, ms, ({ takenMs }) => takenMs) - delivered + UNDER_WAY;
  const isFull = waiting >= maxCount || (waiting + 1) * deliveries.biggestBytes > maxBytes;
  return whenFull === 'drop-newest' && isFull;
}

/**
 * How many samples may have been in the outbox with the first of those that were given up: newer ones where it has made
 * room for them, older ones where there was none for it. Undefined where no disk has seen it.
 */
function rivalsOf(
  { bootId, from, atMs }: Announcement,
  view: TraceView,
  whenFull: Terms['config']['outbox']['whenFull'],
): number | undefined {
  const stored = countUntil(view.samples, atMs, ({ takenMs }) => takenMs);
  if (whenFull === 'drop-newest') return stored;
  const sample = view.sampleOf({ bootId, seq: from });
  return sample && stored - countUntil(view.samples, sample.takenMs, ({ takenMs }) => takenMs);
}

function timesBefore(ms: number, view: TraceView, ...faults: readonly string[]): number {
  return view.faultsNamed(...faults).filter(({ beginMs }) => beginMs <= ms).length;
}
