import { excusedSpans } from './excuses.ts';
import type { Excuses, Rule, RunFacts } from './guarantee.ts';
import { MAX_SESSION_REPLIES } from './l1-short-gap.ts';
import { addPauseProblem, PauseChecker, PAUSE_TOLERANCE_MS, type Pause } from './pause-checker.ts';
import { untilResumed } from './pauses.ts';
import { reachableSpans } from './reachable.ts';
import { RELINKED_EXCUSES } from './relink-excuses.ts';
import { formatSeconds, type Tally } from './tally.ts';
import type { TraceView } from './trace-view.ts';
import type { Link } from './view/links.ts';
import { countBetween, firstAfter, lastUntil } from './view/search.ts';
import { Spans } from './view/span.ts';

/** Time without a sign of the scooter after which it may have been absent, with a margin. */
const ABSENCE_MS = 2_400;
/** Time that the adapter may take to cancel an attempt. */
const CANCEL_MS = 2_000;
/** Interval at which a search restarts the adapter (docs/link.md). */
const ADAPTER_RESTART_MS = 300_000;
/** Interval at which a scan is restarted (docs/link.md). */
const SCAN_RESTART_MS = 4_000;
/** Timers truncate fractions of a millisecond. */
const ROUNDING_MS = 100;

/** An adapter that has failed is restarted, and one that a pause has released; the client may be waiting for that. */
const ADAPTER_FAULTS: Excuses = {
  ...RELINKED_EXCUSES,
  'client.pause': untilResumed,
};

export const SCOOTER_ATTEMPT_RULES: readonly Rule[] = [
  {
    checks: 'Pause between two attempts of a process to connect to the scooter',
    bound:
      'random from retry_min to a cap, which doubles from retry_min up to retry_max, and is retry_min again after a link with polls; ' +
      `shorter, and with a cap of retry_min after it, if the scooter may have been absent for ${formatSeconds(ABSENCE_MS)}`,
    excuses: [ADAPTER_FAULTS],
  },
  { checks: 'Attempt to connect during a scan', bound: 'none', excuses: [ADAPTER_FAULTS] },
  {
    checks: 'Interval between two starts of a scan without an attempt to connect in between',
    bound: `at least ${formatSeconds(SCAN_RESTART_MS)}`,
    excuses: [ADAPTER_FAULTS],
  },
  {
    checks: 'Interval at which a process opens the adapter',
    bound: `at least ${formatSeconds(ADAPTER_RESTART_MS)}; after an adapter fault retry_min`,
    excuses: [],
  },
];

/** Checks how often the client tries to reach the scooter. */
export function checkScooterAttempts(view: TraceView, facts: RunFacts, tally: Tally): void {
  const faults = excusedSpans(view, facts, ADAPTER_FAULTS);
  checkPauses(view, facts, faults, tally);
  checkScans(view, faults, tally);
  checkAdapterOpens(view, facts, faults, tally);
}

function checkPauses(view: TraceView, facts: RunFacts, faults: Spans, tally: Tally): void {
  const { retryMinMs, retryMaxMs } = facts.config.scooter;
  const reachable = new Spans(reachableSpans(view));
  const unsteady = new Spans(view.faults.filter(({ fault }) => fault.startsWith('radio.')));
  for (const process of view.processes) {
    const attempts = view.linkAttemptsMs.filter((ms) => view.processAt(ms) === process);
    const checker = new PauseChecker({ minMs: retryMinMs, maxMs: retryMaxMs });
    attempts.slice(1).forEach((toMs, index) => {
      const attemptMs = attempts[index] ?? toMs;
      if (toMs > view.endMs) return;
      const isRestarted = countBetween(view.adapterOpensMs, attemptMs, toMs) > 0;
      if (faults.overlaps(attemptMs, toMs) || isRestarted) {
        checker.lost();
        return;
      }
      const ended = firstAfter(view.linkEndsMs, attemptMs, (ms) => ms) ?? Infinity;
      const endMs = ended <= toMs ? ended : attemptMs + facts.config.scooter.connectTimeoutMs + CANCEL_MS;
      const link = lastUntil(view.links, toMs, ({ beginMs }) => beginMs);
      const own = link && link.beginMs >= attemptMs ? link : undefined;
      const isAbsent =
        ended > toMs ||
        unsteady.overlaps(attemptMs, toMs) ||
        reachable
          .subtractFrom({ beginMs: endMs, endMs: toMs })
          .some((gap) => gap.endMs - gap.beginMs >= ABSENCE_MS);
      tally.countChecks();
      const { problem } = checker.check({
        earliestMs: ended <= toMs ? ended : attemptMs,
        latestMs: endMs,
        toMs,
        reset: resetBy(own, isAbsent),
        mayBeCutShort: isAbsent || (own?.replyCount ?? 0) > MAX_SESSION_REPLIES,
        longest: 'no',
      });
      // The scooter has ended this pause, and with it the backoff.
      if (isAbsent) checker.mayHaveBeenReset();
      if (problem) addPauseProblem(tally, 'an attempt to connect to the scooter', toMs, problem);
    });
  }
}

function resetBy(link: Link | undefined, isAbsent: boolean): Pause['reset'] {
  // Whether the client has understood the only poll of a link is not known.
  if (link && link.cycleCount > 1) return 'certain';
  return isAbsent || link?.cycleCount === 1 ? 'possible' : 'none';
}

function checkScans(view: TraceView, faults: Spans, tally: Tally): void {
  const scans = new Spans(view.scans);
  for (const atMs of view.linkAttemptsMs) {
    if (faults.overlaps(atMs - 1, atMs)) continue;
    tally.countChecks();
    if (!scans.overlaps(atMs, atMs) || scans.endAt(atMs) <= atMs) continue;
    tally.addViolation({
      atMs,
      what: 'the client tried to connect during a scan',
      bound: 'only after the scan has stopped',
      measured: `${formatSeconds(scans.endAt(atMs) - atMs)} before its end`,
    });
  }
  view.scans.slice(1).forEach(({ beginMs }, index) => {
    const before = view.scans[index];
    if (!before || faults.overlaps(before.beginMs, beginMs)) return;
    const isOther = [view.linkAttemptsMs, view.adapterOpensMs].some(
      (timesMs) => countBetween(timesMs, before.beginMs, beginMs) > 0,
    );
    if (isOther || view.processAt(before.beginMs) !== view.processAt(beginMs)) return;
    tally.countChecks();
    const apartMs = beginMs - before.beginMs;
    if (apartMs + ROUNDING_MS >= SCAN_RESTART_MS) return;
    tally.addViolation({
      atMs: beginMs,
      what: 'the client restarted the scan too early',
      bound: `at least ${formatSeconds(SCAN_RESTART_MS)} after the last start`,
      measured: formatSeconds(apartMs),
    });
  });
}

function checkAdapterOpens(view: TraceView, { config }: RunFacts, faults: Spans, tally: Tally): void {
  view.adapterOpensMs.slice(1).forEach((atMs, index) => {
    const beforeMs = view.adapterOpensMs[index] ?? atMs;
    const process = view.processAt(atMs);
    if (!process || view.processAt(beforeMs) !== process) return;
    tally.countChecks();
    const leastMs = faults.overlaps(beforeMs, atMs) ? config.scooter.retryMinMs : ADAPTER_RESTART_MS;
    const apartMs = atMs - beforeMs;
    if (apartMs + PAUSE_TOLERANCE_MS >= leastMs) return;
    tally.addViolation({
      atMs,
      what: 'the client restarted the adapter too early',
      bound: `at least ${formatSeconds(leastMs)} after the last start`,
      measured: formatSeconds(apartMs),
    });
  });
}
