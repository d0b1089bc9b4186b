import type { EventOf } from '../world/trace/event.ts';
import { MAX_IN_FLIGHT } from './drain.ts';
import type { Guarantee, Rule, RunFacts } from './guarantee.ts';
import { DISK_EXCUSES, excusedSpans } from './excuses.ts';
import { countsOf, type ProcessCounts } from './process-counts.ts';
import { HEAD_START_MS, publishingSpans, spanAt, TOPIC_EXCUSES } from './publishing.ts';
import { rangeSize } from './sample-names.ts';
import { clockStates } from './sample-time.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import { isFields, parseFields, valueAt } from './view/deliveries.ts';
import { rangesOf, type DropReport } from './view/drop-reports.ts';
import type { ProcessSpan } from './view/processes.ts';

/** Time by which a report may be late. */
const LATE_MS = 1_000;
/** Time in which what has happened is counted. */
const COUNTED_MS = 1_000;
const UPTIME_TOLERANCE_S = 1;
/** Time in which dropped samples are listed. */
const LISTED_MS = 5_000;

/** The lowest and the highest value that a counter may have. */
interface Allowed {
  readonly min: number;
  readonly max: number;
}

/** A published number, and what it may be at a time; undefined if the world cannot tell. */
interface Count {
  readonly path: readonly string[];
  /** What is allowed, in words. */
  readonly bound: string;
  readonly allowed: (counts: ProcessCounts, atMs: number) => Allowed | undefined;
}

const COUNTS: readonly Count[] = [
  {
    path: ['uptime_sec'],
    bound: `the time since the start of the world, ± ${UPTIME_TOLERANCE_S} s`,
    // In a world, the monotonic clock of every process starts with the world.
    allowed: (_, atMs) => ({ min: atMs / 1000 - UPTIME_TOLERANCE_S, max: atMs / 1000 + UPTIME_TOLERANCE_S }),
  },
  {
    path: ['broker', 'connects'],
    bound:
      'connections of the process to the broker, not necessarily those that ended before it published anything',
    allowed: ({ connects, usedConnects }, atMs) => ({ min: usedConnects(atMs), max: connects(atMs) }),
  },
  {
    path: ['broker', 'failures'],
    bound: 'at most the attempts that led to no connection on which it published',
    allowed: ({ usedConnects, attempts }, atMs) => ({ min: 0, max: attempts(atMs) - usedConnects(atMs) }),
  },
  {
    path: ['scooter', 'logins'],
    bound: 'from the logins on ended links with polls to all accepted logins',
    allowed: ({ polledLogins, logins }, atMs) => ({ min: polledLogins(atMs), max: logins(atMs) }),
  },
  {
    path: ['scooter', 'links_lost'],
    bound: `from the links with polls that ended more than ${formatSeconds(COUNTED_MS)} ago to the attempts to connect`,
    allowed: ({ linksLost, linkAttempts, hasFailed }, atMs) =>
      hasFailed('adapter', atMs) ? undefined : { min: linksLost(atMs - COUNTED_MS), max: linkAttempts(atMs) },
  },
  {
    path: ['samples', 'stored'],
    bound: `from the samples that were synced more than ${formatSeconds(COUNTED_MS)} ago to all synced ones`,
    allowed: ({ stored, hasFailed }, atMs) =>
      hasFailed('disk', atMs) ? undefined : { min: stored(atMs - COUNTED_MS), max: stored(atMs) },
  },
  {
    path: ['samples', 'delivered'],
    bound: `the samples that the broker has received, or up to ${MAX_IN_FLIGHT} fewer`,
    allowed: ({ delivered }, atMs) => ({ min: delivered(atMs) - MAX_IN_FLIGHT, max: delivered(atMs) }),
  },
];

export const l11: Guarantee = {
  title: 'The health report comes at its interval, and counts what has happened',
  rules: [
    {
      checks: 'Time from a connection to the first report',
      bound: formatSeconds(HEAD_START_MS),
      excuses: [TOPIC_EXCUSES],
    },
    {
      checks: 'Time between two reports, or from the end of a fault to a report',
      bound: `health_interval + ${formatSeconds(LATE_MS)}`,
      excuses: [TOPIC_EXCUSES],
    },
    ...COUNTS.map(({ path, bound }): Rule => ({ checks: path.join('.'), bound, excuses: [] })),
    {
      checks: 'clock_synced',
      bound: 'as in S4, and "unknown" if nothing has told the process yet',
      excuses: [],
    },
    {
      checks: 'dropped, by reason',
      bound: 'at least what any report before has said, and what the same report lists',
      excuses: [],
    },
    {
      checks: 'Samples that dropped counts and no message ever lists, by reason',
      bound: `none, if the client was connected for ${formatSeconds(LISTED_MS)} after the report`,
      excuses: [TOPIC_EXCUSES],
    },
  ],
  blindSpots: [
    'The other numbers of the report, such as those of the outbox; S1 checks the dropped ranges.',
    'Totals of dropped samples that are too low after a disk fault.',
    'Numbers that are too low, if a fault has delayed the report.',
    'scooter.links_lost after an adapter fault in the life of the process, and samples.stored after a disk fault.',
  ],
  check(view, facts) {
    const tally = new Tally();
    checkInterval(view, facts, tally);
    checkTotals(view, facts, tally);
    checkListed(view, facts, tally);
    const prompt = publishingSpans(view, facts, 'health');
    const counts = new Map<ProcessSpan, ProcessCounts>();
    for (const process of view.processes) counts.set(process, countsOf(process, view, facts));
    for (const report of view.messages('health')) {
      const process = view.processAt(report.atMs);
      const isPrompt = spanAt(prompt, report.atMs) !== undefined;
      checkReport(report, isPrompt, process && counts.get(process), tally);
      if (isPrompt && process) checkClock(report, process, view, facts, tally);
    }
    return tally.result;
  },
};

/** One report at the start of a connection, and then one in each interval. */
function checkInterval(view: TraceView, facts: RunFacts, tally: Tally): void {
  const reports = view.messages('health').map(({ atMs }) => atMs);
  for (const { beginMs, endMs } of publishingSpans(view, facts, 'health')) {
    // The head start is part of the connection; without one, a fault has ended.
    const connectedMs = beginMs - HEAD_START_MS;
    const isStart = view.connections.some((connection) => connection.beginMs === connectedMs);
    let lastMs = connectedMs;
    let withinMs = isStart ? HEAD_START_MS : facts.config.mqtt.healthIntervalMs + LATE_MS;
    const checkUntil = (atMs: number | undefined): void => {
      tally.addDeadline({
        atMs: lastMs + withinMs,
        withinMs,
        tookMs: atMs === undefined ? undefined : atMs - lastMs,
        what: 'no health report in time',
      });
    };
    for (const atMs of reports) {
      if (atMs < connectedMs || atMs > endMs) continue;
      checkUntil(atMs);
      lastMs = atMs;
      withinMs = facts.config.mqtt.healthIntervalMs + LATE_MS;
    }
    if (lastMs + withinMs <= endMs) checkUntil(undefined);
  }
}

/**
 * The totals of dropped samples count since the outbox was created: they never decrease, not even across a restart, and
 * each report lists no more than they say. Until a client has read an outbox whose disk fails, it does not know them.
 */
function checkTotals(view: TraceView, facts: RunFacts, tally: Tally): void {
  const diskFaults = excusedSpans(view, facts, DISK_EXCUSES);
  const highest = new Map<string, number>();
  for (const { atMs, payload } of view.messages('health')) {
    if (diskFaults.overlaps(0, atMs)) return;
    const totals = parseFields(payload)?.['dropped'];
    const listed = listedByReason(rangesOf(payload));
    for (const reason of new Set([...highest.keys(), ...listed.keys()])) {
      const least = Math.max(highest.get(reason) ?? 0, listed.get(reason) ?? 0);
      const total = isFields(totals) ? (totals[reason] ?? 0) : undefined;
      tally.countChecks();
      if (typeof total === 'number' && total >= least) continue;
      tally.addViolation({
        atMs,
        what: `the health report counts wrongly: dropped.${reason}`,
        bound: `at least ${least}`,
        measured: total === undefined ? 'nothing' : JSON.stringify(total),
      });
    }
    if (!isFields(totals)) continue;
    for (const [reason, total] of Object.entries(totals)) {
      if (typeof total === 'number') highest.set(reason, Math.max(total, highest.get(reason) ?? 0));
    }
  }
}

/** Dropped samples that are counted are also listed, in the same report or in further messages. */
function checkListed(view: TraceView, facts: RunFacts, tally: Tally): void {
  const listed = listedByReason(view.dropReports.all);
  const spans = publishingSpans(view, facts, 'health', 'dropped');
  for (const { atMs, payload } of view.messages('health')) {
    const totals = parseFields(payload)?.['dropped'];
    const span = spanAt(spans, atMs);
    if (!isFields(totals) || !span || span.endMs < atMs + LISTED_MS) continue;
    for (const [reason, total] of Object.entries(totals)) {
      const most = listed.get(reason) ?? 0;
      tally.countChecks();
      if (typeof total === 'number' && total <= most) continue;
      tally.addViolation({
        atMs,
        what: `the health report counts wrongly: dropped.${reason}`,
        bound: `${most}, which are listed`,
        measured: JSON.stringify(total),
      });
    }
  }
}

function listedByReason(ranges: readonly Omit<DropReport, 'atMs'>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const range of ranges) counts.set(range.reason, (counts.get(range.reason) ?? 0) + rangeSize(range));
  return counts;
}

function checkClock(
  { atMs, payload }: EventOf<'received'>,
  { beginMs: processBeganMs }: ProcessSpan,
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const published = parseFields(payload)?.['clock_synced'];
  const states = clockStates({ processBeganMs, fromMs: atMs - COUNTED_MS, toMs: atMs }, view, facts.clock);
  tally.countChecks();
  if (states.some((state) => state === published)) return;
  tally.addViolation({
    atMs,
    what: 'the health report is wrong about the clock: clock_synced',
    bound: states.map((state) => JSON.stringify(state)).join(' or '),
    measured: published === undefined ? 'nothing' : JSON.stringify(published),
  });
}

/** @param isPrompt whether the report has just been made; a delayed one does not count what happened meanwhile */
function checkReport(
  { atMs, payload }: EventOf<'received'>,
  isPrompt: boolean,
  counts: ProcessCounts | undefined,
  tally: Tally,
): void {
  const fields = parseFields(payload);
  tally.countChecks();
  if (!fields) {
    tally.addViolation({ atMs, what: 'the health report is no object', bound: 'JSON', measured: payload });
    return;
  }
  if (!counts) return;
  for (const { path, allowed } of COUNTS) {
    const counted = allowed(counts, atMs);
    if (!counted) continue;
    const bounds = isPrompt ? counted : { ...counted, min: 0 };
    const value = valueAt(fields, path);
    tally.countChecks();
    if (typeof value === 'number' && value >= bounds.min && value <= bounds.max) continue;
    tally.addViolation({
      atMs,
      what: `the health report counts wrongly: ${path.join('.')}`,
      bound: bounds.min === bounds.max ? String(bounds.min) : `${bounds.min} to ${bounds.max}`,
      measured: value === undefined ? 'nothing' : JSON.stringify(value),
    });
  }
}
