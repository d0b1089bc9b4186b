import type { EventOf } from '../world/trace/event.ts';
import { CLIENT_EXCUSES, DISK_EXCUSES, POLL_EXCUSES, excusedSpans, whileActive } from './excuses.ts';
import { fullOutbox } from './full-outbox.ts';
import type { Excuse, Excuses, Guarantee, RunFacts } from './guarantee.ts';
import { latestCycleAt } from './polling.ts';
import { portPauses, reopenLimits } from './s9-gps-opens.ts';
import { formatSeconds, Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { FaultSpan } from './view/fault-spans.ts';
import { countBetween, countUntil, lastUntil } from './view/search.ts';

/** Default interval of NMEA receivers; a fix consists of the sentences of one interval. */
const FIX_INTERVAL_MS = 1_000;

/** Time without valid input after which a port is opened again, or reopen_interval if that is longer (docs/client.md). */
const RECEIVE_TIMEOUT_MS = 10_000;
/** Time without a position after which a modem is asked whether its GPS is on (docs/client.md). */
const MODEM_RESTART_MS = 30_000;
/** Time that a receiver takes from the opening of its port to a fix: a modem is asked first. */
const SETUP_MS = { asked: 6_000, unasked: 0 } as const;

const GPS_FAULTS = [
  'gps.silence',
  'gps.unplug',
  'gps.garbage',
  'gps.nofix',
  'gps.estimated',
  'gps.repeat',
  'gps.hang',
  'gps.restart',
  'gps.stuck',
  'gps.partial',
  'gps.remembered',
  'gps.checksum',
  'gps.unlisted',
  'gps.fail',
  'gps.denied',
  'gps.unclosable',
] as const;
/** Faults during which the receiver sends valid input. */
const HEARD: readonly string[] = [
  'gps.nofix',
  'gps.estimated',
  'gps.repeat',
  'gps.partial',
  'gps.remembered',
];
/** Faults after which the port may be opened again at the end of the longest pause only. */
const REOPENED_LAST: readonly string[] = ['gps.hang', 'gps.unclosable'];
/** Faults that end the connection to the receiver, and during which open calls fail at once. */
const LOST_AT_ONCE: readonly string[] = ['gps.unplug', 'gps.denied', 'gps.fail'];

const untilRecovered: Excuse = {
  about: 'while active, and until the recovery is due',
  until: (fault, { view, facts }) => fault.endMs + recoveryMs(fault, view, facts),
};
const SAMPLE_EXCUSES: Excuses = { ...POLL_EXCUSES, ...DISK_EXCUSES };
const FIX_EXCUSES: Excuses = {
  ...CLIENT_EXCUSES,
  'gps.nofix': whileActive,
  'gps.estimated': whileActive,
  'gps.repeat': whileActive,
  'gps.remembered': whileActive,
  // The port may have to be opened again.
  'gps.silence': untilRecovered,
  'gps.unplug': untilRecovered,
  'gps.garbage': untilRecovered,
  'gps.hang': untilRecovered,
  'gps.restart': untilRecovered,
  'gps.stuck': untilRecovered,
  'gps.checksum': untilRecovered,
  'gps.unlisted': untilRecovered,
  'gps.fail': untilRecovered,
  'gps.denied': untilRecovered,
  'gps.unclosable': untilRecovered,
};

export const l6: Guarantee = {
  title: 'A GPS fault neither delays nor drops samples, and the position recovers',
  rules: [
    {
      checks: `Longest interval between stored samples (with a sync_interval, or if the outbox may be full with when_full = "drop-newest", between polls) from the beginning of ${GPS_FAULTS.join(', ')} to the recovery`,
      bound:
        'send_interval + request_timeout, + request_timeout for each read that the scooter leaves unanswered',
      excuses: [SAMPLE_EXCUSES],
    },
    {
      checks: 'Time from the end of the fault to the next fix that reaches the client',
      bound:
        `${formatSeconds(2 * FIX_INTERVAL_MS)}; if the port may have been closed by then, + what is left of the pause before it is opened again ` +
        `(reopen_interval; for gpsd up to the cap of S9), + ${formatSeconds(SETUP_MS.asked)} for a modem; ` +
        `${formatSeconds(MODEM_RESTART_MS)} more after gps.restart, ${formatSeconds(RECEIVE_TIMEOUT_MS)} or reopen_interval more after gps.stuck; ` +
        'not before it is due after a fault that has ended before',
      excuses: [FIX_EXCUSES],
    },
  ],
  blindSpots: [
    'The samples, if no link was polled when the fault began.',
    'Whether the client understands the fix: S4 checks the published position.',
    'A modem that has no GPS.',
    `Receivers with fewer than one fix in ${formatSeconds(FIX_INTERVAL_MS)}.`,
  ],
  check(view, facts) {
    const tally = new Tally();
    const { serial } = facts.config;
    if (!serial || facts.gps.receiver === 'sim800') return tally.result;
    const isFull = fullOutbox(view, facts);
    for (const fault of view.faultsNamed(...GPS_FAULTS)) {
      const withinMs = recoveryMs(fault, view, facts);
      // The next sample may be due later than the next fix.
      const sampleMs = facts.config.mqtt.sendIntervalMs + facts.config.scooter.requestTimeoutMs;
      checkSamples(fault, fault.endMs + Math.max(withinMs, sampleMs), isFull, view, facts, tally);
      checkFix(fault, fixDueMs(fault, view, facts) - fault.endMs, view, facts, tally);
    }
    return tally.result;
  },
};

function isModem({ receiver }: RunFacts['gps']): boolean {
  return receiver !== undefined && !['none', 'nmea', 'gpsd'].includes(receiver);
}

/** Time from the end of a fault until the next fix is due. */
function recoveryMs(fault: FaultSpan, view: TraceView, facts: RunFacts): number {
  return 2 * FIX_INTERVAL_MS + reopenedWithinMs(fault, view, facts);
}

/** When the next fix is due after a fault, and after those that have ended before it or with it. */
function fixDueMs(fault: FaultSpan, view: TraceView, facts: RunFacts): number {
  const over = view.faultsNamed(...GPS_FAULTS).filter(({ endMs }) => endMs <= fault.endMs);
  return Math.max(...over.map((other) => other.endMs + recoveryMs(other, view, facts)));
}

/** The longest from the end of a fault until the receiver has been opened again, if it may have to be. */
function reopenedWithinMs({ fault, beginMs, endMs }: FaultSpan, view: TraceView, facts: RunFacts): number {
  const { reopenIntervalMs = 0 } = facts.config.serial ?? {};
  const setUpMs = isModem(facts.gps) ? SETUP_MS.asked : SETUP_MS.unasked;
  if (HEARD.includes(fault)) return setUpMs;
  if (fault === 'gps.restart') return MODEM_RESTART_MS + setUpMs;
  const { maxMs } = reopenLimits(facts);
  // A receiver that is stuck sends garbage until the port is opened again.
  if (fault === 'gps.stuck') return Math.max(RECEIVE_TIMEOUT_MS, reopenIntervalMs) + maxMs + setUpMs;
  const open = lastUntil(portPauses(view, facts), endMs, ({ openMs }) => openMs);
  if (!open) return maxMs + setUpMs;
  const lostMs = Math.max(open.openMs, beginMs);
  if (REOPENED_LAST.includes(fault)) return maxMs + setUpMs;
  if (LOST_AT_ONCE.includes(fault)) return Math.max(0, lostMs + open.longestMs - endMs) + setUpMs;
  // The port is closed when it has been silent for some time, and then opened again. The silence may begin one interval
  // before the fault, and end one interval after it.
  const closedMs = lostMs + Math.max(RECEIVE_TIMEOUT_MS, reopenIntervalMs);
  return endMs < closedMs - 2 * FIX_INTERVAL_MS ? setUpMs : Math.max(0, closedMs + maxMs - endMs) + setUpMs;
}

/** Samples are stored at their interval while the receiver fails and recovers. */
function checkSamples(
  fault: FaultSpan,
  overMs: number,
  isFull: (ms: number) => boolean,
  view: TraceView,
  facts: RunFacts,
  tally: Tally,
): void {
  const before = latestCycleAt(view, fault.beginMs);
  if (!before || overMs > view.endMs || !view.runsThrough(before.dueMs, overMs)) return;
  if (excusedSpans(view, facts, SAMPLE_EXCUSES).overlaps(before.dueMs, overMs)) return;
  const { mqtt, scooter } = facts.config;
  const { cycles, storedEvents } = view;
  const pollsMs = cycles.map(({ dueMs }) => dueMs);
  // What is not stored, or not at once, was taken with its poll: S1 checks the rest.
  const isUnstored =
    facts.config.outbox.syncIntervalMs > 0 ||
    pollsMs.some((ms) => ms >= before.dueMs && ms <= overMs && isFull(ms));
  const timesMs = isUnstored ? pollsMs : storedEvents.map((event) => event.atMs);
  const limitMs = (beginMs: number, endMs: number): number =>
    mqtt.sendIntervalMs +
    scooter.requestTimeoutMs *
      (1 + countBetween(view.withheldReadsMs, beginMs - scooter.requestTimeoutMs, endMs));
  const { atMs, tookMs, withinMs } = worstGap(fault.beginMs, overMs, timesMs, limitMs);
  tally.addDeadline({ atMs, withinMs, tookMs, what: `a sample was late or missing during ${fault.fault}` });
}

interface Gap {
  readonly atMs: number;
  readonly tookMs: number;
  readonly withinMs: number;
}

/** The time without a sample that is the longest in proportion to its limit. */
function worstGap(
  fromMs: number,
  toMs: number,
  timesMs: readonly number[],
  limitMs: (beginMs: number, endMs: number) => number,
): Gap {
  const within = timesMs.filter((ms) => ms > fromMs && ms <= toMs);
  const gaps = [...within, toMs].map((atMs, index): Gap => {
    const beginMs = within[index - 1] ?? fromMs;
    return { atMs, tookMs: atMs - beginMs, withinMs: limitMs(beginMs, atMs) };
  });
  return gaps.reduce((worst, gap) =>
    gap.tookMs / gap.withinMs > worst.tookMs / worst.withinMs ? gap : worst,
  );
}

function firstFixAfter(ms: number, { fixes }: TraceView): EventOf<'gps.fix'> | undefined {
  for (let index = countUntil(fixes, ms, ({ atMs }) => atMs); index < fixes.length; index++) {
    const fix = fixes[index];
    if (fix?.heard && fix.latitude !== undefined) return fix;
  }
  return undefined;
}

/** The client receives a complete fix again. */
function checkFix(fault: FaultSpan, withinMs: number, view: TraceView, facts: RunFacts, tally: Tally): void {
  const { endMs } = fault;
  const fix = firstFixAfter(endMs, view);
  const overMs = Math.min(endMs + withinMs, fix?.atMs ?? Infinity);
  if (overMs > view.endMs || !view.runsThrough(endMs, overMs)) return;
  if (excusedSpans(view, facts, FIX_EXCUSES, fault).overlaps(endMs, overMs)) return;
  tally.addDeadline({
    atMs: overMs,
    withinMs,
    tookMs: fix ? fix.atMs - endMs : undefined,
    what: `no fix in time after ${fault.fault}`,
  });
}
