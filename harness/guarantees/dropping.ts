import type { Bounds } from '../../client/outbox/retention.ts';
import type { DropReason } from '../../client/outbox/stored-sample.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import type { Rule, RunFacts } from './guarantee.ts';
import { outboxLimits } from './outbox-limits.ts';
import { formatCount, formatSeconds } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { DropReport } from './view/drop-reports.ts';
import { parameterOf, type FaultSpan } from './view/fault-spans.ts';
import type { Sample } from './view/samples.ts';
import { countUntil, firstAfter } from './view/search.ts';

/** Number of disconnects after which the client drops a sample as refused. */
const MIN_DISCONNECTS = 3;

const MIN_DISCONNECTS_SPAN_MS = 120_000;
/** Time in which a sample is stored after its poll cycle, unless sync_interval delays it. */
export const MAX_STORE_DELAY_MS = 1_000;
/** Size of the samples that the client may hold in memory alone. */
const MEMORY_BYTES = 16_000_000;

/** The condition for dropping samples, and what was measured instead. */
interface UnjustifiedDrop {
  readonly bound: string;
  readonly measured: string;
}

type Check = (
  report: DropReport,
  view: TraceView,
  facts: RunFacts,
  limits: Bounds,
) => UnjustifiedDrop | undefined;

const CHECKS: Readonly<Record<DropReason, Check>> = {
  count: (report, view, facts, { whenFull, maxCount }) => {
    const competing = competingSamples(report, view, facts, whenFull);
    if (competing === undefined || competing >= maxCount) return undefined;
    return { bound: `at least ${maxCount} other samples`, measured: String(competing) };
  },
  bytes: (report, view, facts, { whenFull, maxBytes }) => {
    const competing = competingSamples(report, view, facts, whenFull);
    if (competing === undefined) return undefined;
    const bytes = (competing + 1) * view.deliveries.maxPayloadBytes;
    return bytes > maxBytes
      ? undefined
      : { bound: `more than ${maxBytes} bytes`, measured: `${bytes} bytes` };
  },
  age: ({ bootId, from, atMs }, view, facts, { maxAgeMs }) => {
    const storedMs = view.sampleOf({ bootId, seq: from })?.storedMs;
    if (storedMs === undefined || dependsOnClock(storedMs, atMs, view, facts.clock)) return undefined;
    // A disk that failed may have delayed the storing for long.
    if (excusedSpans(view, facts, DISK_EXCUSES).overlaps(storedMs - MAX_STORE_DELAY_MS, storedMs))
      return undefined;
    const ageMs = atMs - storedMs + facts.config.outbox.syncIntervalMs + MAX_STORE_DELAY_MS;
    if (ageMs >= maxAgeMs) return undefined;
    return { bound: `older than ${formatSeconds(maxAgeMs)}`, measured: `at most ${formatSeconds(ageMs)}` };
  },
  disk: (report, view, facts) => {
    const { atMs } = report;
    if (isDamaged(report, view)) return undefined;
    const failing = excusedSpans(view, facts, DISK_EXCUSES).until(atMs);
    if (failing.length === 0) return { bound: 'a disk fault', measured: 'none' };
    const pollsUntil = (ms: number): number => countUntil(view.cycles, ms, ({ dueMs }) => dueMs);
    const polls = Math.max(...failing.map(({ beginMs, endMs }) => pollsUntil(endMs) - pollsUntil(beginMs)));
    const bytes = polls * view.deliveries.maxPayloadBytes;
    if (bytes > MEMORY_BYTES) return undefined;
    return { bound: `more than ${MEMORY_BYTES} bytes in memory`, measured: `${bytes} bytes` };
  },
  refused: (report, view) => {
    if (faultsWhileWaiting(report, view, 'broker.poison').length > 0) return undefined;
    const disconnects = faultsWhileWaiting(
      report,
      view,
      'broker.stop',
      'broker.refuse',
      'broker.kick',
      'broker.limits',
    );
    const spanMs = (disconnects.at(-1)?.beginMs ?? 0) - (disconnects[0]?.beginMs ?? 0);
    if (disconnects.length >= MIN_DISCONNECTS && spanMs >= MIN_DISCONNECTS_SPAN_MS) return undefined;
    return {
      bound: `at least ${MIN_DISCONNECTS} disconnects over ${formatSeconds(MIN_DISCONNECTS_SPAN_MS)}`,
      measured: `${formatCount(disconnects.length, 'disconnect')} over ${formatSeconds(spanMs)}`,
    };
  },
};

/**
 * Whether a fault has damaged or removed each sample of a range. If it has damaged the index, the client does not know
 * which of the samples that it cannot find were delivered before.
 */
function isDamaged({ bootId, from, to, atMs }: DropReport, view: TraceView): boolean {
  const isIndexDamaged = view
    .faultsNamed('disk.rows')
    .some((fault) => fault.beginMs <= atMs && parameterOf(fault, 'which')?.startsWith('index'));
  for (let seq = from; seq <= to; seq++) {
    const deliveredMs = view.deliveries.of({ bootId, seq })?.atMs ?? Infinity;
    if (!view.damagedSamples.get({ bootId, seq }) && !(isIndexDamaged && deliveredMs < atMs)) return false;
  }
  return true;
}

/**
 * Whether the client may be wrong about the age of a sample at `ms`: it takes that of a sample of an earlier process from the
 * wall clock, but only if the clock was synchronised when it was taken.
 */
function dependsOnClock(
  storedMs: number,
  ms: number,
  view: TraceView,
  { service, setAfterMs = 0 }: RunFacts['clock'],
): boolean {
  if (!view.isClockStepped || service === 'none' || storedMs < setAfterMs) return false;
  return view.processAt(storedMs) !== view.processAt(ms);
}

/** When each reason for a drop is accepted. */
const ACCEPTED: Readonly<Record<DropReason, string>> = {
  count:
    'at least max_count samples were stored, or during a fault of the disk polled, after it (with when_full = "drop-newest", before it)',
  bytes:
    'it and the samples after it (with when_full = "drop-newest", before it) exceed max_bytes, if each is as long as the longest of the run',
  age: 'stored max_age before, or sync_interval + 1 s less, unless the storing was delayed by a fault of the disk, or another process has stored it when the clock was synchronised, and the clock was stepped in the run',
  disk: `the sample was damaged by disk.rows, or delivered before the index was; or from the start of a disk fault until samples were stored again, more than ${MEMORY_BYTES / 1e6} MB were polled`,
  refused: `broker.poison, or at least ${MIN_DISCONNECTS} faults that end connections, while it waited, over at least ${formatSeconds(MIN_DISCONNECTS_SPAN_MS)}`,
};

/** What has to be true of each reason for a drop. */
export const DROP_RULES: readonly Rule[] = Object.entries(ACCEPTED).map(([reason, bound]) => ({
  checks: `A sample reported as dropped with reason "${reason}"`,
  bound,
  excuses: [],
}));

/** Explains why the reason of a drop report cannot be true, by any limits since the sample was stored; undefined if it can. */
export function unjustifiedDrop(
  report: DropReport,
  view: TraceView,
  facts: RunFacts,
): UnjustifiedDrop | undefined {
  const checks: Readonly<Record<string, Check | undefined>> = CHECKS;
  const check = checks[report.reason];
  if (!check) return { bound: `one of ${Object.keys(CHECKS).join(', ')}`, measured: report.reason };
  const storedMs = view.sampleOf({ bootId: report.bootId, seq: report.from })?.storedMs ?? 0;
  const unjustified = outboxLimits(view, facts, storedMs, report.atMs).map((limits) =>
    check(report, view, facts, limits),
  );
  return unjustified.includes(undefined) ? undefined : unjustified.at(-1);
}

/** Whether a full outbox has dropped a sample so late that no health report has come since. */
export function isDropUnreported(sample: Sample, view: TraceView, facts: RunFacts): boolean {
  const { samples, dropReports, endMs } = view;
  return outboxLimits(view, facts, sample.storedMs, endMs).some(({ whenFull, maxCount, sinceMs }) => {
    const others = whenFull === 'drop-oldest' ? maxCount : Infinity;
    const last = samples[samples.indexOf(sample) + others];
    if (!last) return false;
    const droppedMs = Math.max(last.storedMs, sinceMs);
    return firstAfter(dropReports.reportsMs, droppedMs, (ms) => ms) === undefined;
  });
}

/**
 * Number of other samples that may have been in the outbox with the first dropped one: newer ones if old samples are
 * dropped, older ones if new samples are. Undefined if the sample was never stored.
 */
function competingSamples(
  { bootId, from, atMs }: DropReport,
  view: TraceView,
  facts: RunFacts,
  whenFull: Bounds['whenFull'],
): number | undefined {
  const stored = countUntil(view.samples, atMs, ({ storedMs }) => storedMs);
  if (whenFull === 'drop-newest') return stored;
  const sample = view.sampleOf({ bootId, seq: from });
  if (!sample) return undefined;
  // With sync_interval, many are stored at the same time.
  const newer = stored - view.samples.indexOf(sample) - 1;
  // Samples of a failing disk are in memory alone.
  if (!excusedSpans(view, facts, DISK_EXCUSES).overlaps(sample.storedMs, atMs)) return newer;
  const pollsUntil = (ms: number): number => countUntil(view.cycles, ms, ({ dueMs }) => dueMs);
  return Math.max(newer, pollsUntil(atMs) - pollsUntil(sample.storedMs));
}

/** Faults that were active while a dropped sample waited, or the oldest one of a range. */
function faultsWhileWaiting(
  { bootId, from, atMs }: DropReport,
  view: TraceView,
  ...faults: readonly string[]
): readonly FaultSpan[] {
  const storedMs = view.sampleOf({ bootId, seq: from })?.storedMs ?? -Infinity;
  return view.faultsNamed(...faults).filter(({ beginMs, endMs }) => beginMs <= atMs && endMs >= storedMs);
}
