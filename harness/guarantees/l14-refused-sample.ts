import { BROKER_DELAY_EXCUSES, excusedSpans } from './excuses.ts';
import { whileItCloses } from './forbidden-topics.ts';
import type { Excuses, Guarantee } from './guarantee.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { parameterOf } from './view/fault-spans.ts';
import { firstAfter } from './view/search.ts';

/** Disconnects by the broker after which a sample is quarantined, and the time that they have to span (docs/topics.md). */
const DISCONNECTS = 3;
const MIN_SPAN_MS = 120_000;
/** Time for which a connection is up before a suspect is sent on it. */
export const STABLE_MS = 30_000;
/** Samples that were sent before the broker closed the connection arrive with the refused one. */
const SAME_CONNECTION_MS = 1;

const OTHER_FAULTS: Excuses = {
  ...Object.fromEntries(Object.entries(BROKER_DELAY_EXCUSES).filter(([fault]) => fault !== 'broker.poison')),
  'broker.forbid': whileItCloses,
};

export const l14: Guarantee = {
  title: 'One sample that the broker refuses holds up the others for a limited time',
  rules: [
    {
      checks: 'Time from the first disconnect because of one sample to the next new sample at the broker',
      bound:
        `${formatSeconds(MIN_SPAN_MS)} + ${DISCONNECTS} × (reconnect_max + ${formatSeconds(STABLE_MS)}), ` +
        'if samples wait and no other fault of the broker is active',
      excuses: [OTHER_FAULTS],
    },
  ],
  blindSpots: ['A broker that refuses several samples: S1 limits how many of them are dropped.'],
  check(view, facts) {
    const tally = new Tally();
    const withinMs = MIN_SPAN_MS + DISCONNECTS * (facts.config.mqtt.reconnectMaxMs + STABLE_MS);
    const disturbed = excusedSpans(view, facts, OTHER_FAULTS);
    const faults = view.faultsNamed('broker.poison');
    for (const fault of faults) {
      const { beginMs, endMs } = fault;
      const isOnly = faults.every(
        (other) => other.endMs <= beginMs || other.beginMs >= endMs || other.beginMs === beginMs,
      );
      const refusedMs = view.deliveries.first.find(({ atMs }) => atMs >= beginMs)?.atMs;
      if (!isOnly || parameterOf(fault, 'samples') === 'all' || refusedMs === undefined) continue;
      const byMs = refusedMs + withinMs;
      if (byMs > Math.min(endMs, view.endMs) || disturbed.overlaps(refusedMs, byMs)) continue;
      if (!isWaiting(refusedMs, byMs, view)) continue;
      const next = firstAfter(view.deliveries.first, refusedMs + SAME_CONNECTION_MS, ({ atMs }) => atMs);
      tally.addDeadline({
        atMs: byMs,
        withinMs,
        tookMs: next === undefined ? undefined : next.atMs - refusedMs,
        what: 'one refused sample holds up the others',
      });
    }
    return tally.result;
  },
};

/** Whether a sample that the broker had not received at `fromMs` was stored soon after, so that one waits. */
function isWaiting(fromMs: number, toMs: number, { samples }: TraceView): boolean {
  return samples.some(({ storedMs, deliveredMs }) => storedMs < toMs - STABLE_MS && deliveredMs > fromMs);
}
