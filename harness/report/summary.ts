import type { CheckResult, Violation } from '../guarantees/guarantee.ts';
import { countShares, type ShareCounts } from '../guarantees/share-counts.ts';
import type { GuaranteeId } from '../guarantees/ids.ts';
import type { GuaranteeResult } from '../guarantees/check-guarantees.ts';
import type { FailedExpectation } from '../scenario/player/expectations.ts';
import { countEvents, type EventCounts } from '../sometimes/count-events.ts';
import { lineOfExpectation } from '../scenario/format/expectation-line.ts';
import type { Outcome } from '../scenario/player/run.ts';
import { traceHash } from '../world/trace/trace.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { activeFaultsAt, leadUp, type FormattedEvent } from './lead-up.ts';
import type { Origin } from './origin.ts';

/** A violation with the faults and events around it. */
export interface ExplainedViolation extends Violation {
  /** Active faults at that time. */
  readonly during: readonly string[];
  /** Events before it, oldest first. */
  readonly before: readonly FormattedEvent[];
}

/** An expectation that was not met, with the faults and events around the time at which it failed. */
export interface ExplainedExpectation extends FailedExpectation {
  /** Line of the scenario file that expects it. */
  readonly line?: number;
  readonly during: readonly string[];
  readonly before: readonly FormattedEvent[];
}

/** Result of one guarantee. */
export interface GuaranteeSummary {
  readonly id: GuaranteeId;
  readonly title: string;
  /** Number of times that it was checked. */
  readonly occasions: number;
  readonly closest?: CheckResult['closest'];
  /** Measured times of the deadlines that were met, as shares of their bounds. */
  readonly shares: ShareCounts;
  readonly violationCount: number;
  /** The first {@link MAX_EXPLAINED} of them. */
  readonly violations: readonly ExplainedViolation[];
}

/** Result of a run without its trace: plain data, small enough to send to another process. */
export interface Summary {
  /** Includes the seed. */
  readonly origin: Origin;
  readonly name: string;
  readonly title: string;
  readonly passed: boolean;
  readonly seed: number;
  /** Duration in virtual time and in real time, and the CPU time of the process. */
  readonly virtualMs: number;
  readonly realMs: number;
  readonly cpuMs: number;
  readonly hash: string;
  readonly guarantees: readonly GuaranteeSummary[];
  readonly unmet: readonly ExplainedExpectation[];
  /** Events that the seed of a campaign has reached. */
  readonly events?: EventCounts;
}

/** A run without a result: its process crashed or hung. */
export interface FailedRun {
  readonly origin: Origin;
  readonly name: string;
  readonly passed: false;
  /** How the process ended, followed by its last stderr output. */
  readonly problem: string;
}

export type Report = Summary | FailedRun;

/** Number of violations and of expectations that are explained: one defect often causes a thousand. */
const MAX_EXPLAINED = 3;

/** Summarises the result of a run. @param origin the source of its scenario */
export function summarise(outcome: Outcome, origin: Origin): Summary {
  const { scenario, passed, seed, config, endMs, realMs, cpuMs, results, events, failedExpectations } =
    outcome;
  return {
    origin: { ...origin, seed },
    name: scenario.name,
    title: scenario.title,
    passed,
    seed,
    virtualMs: endMs,
    realMs,
    cpuMs,
    hash: traceHash(events),
    guarantees: results.map((result) => guaranteeSummary(result, events)),
    unmet: failedExpectations.map((failed, index) => explained(failed, index, events, origin)),
    ...(origin.kind === 'campaign' && { events: countEvents(events, config, endMs) }),
  };
}

function explained(
  failed: FailedExpectation,
  index: number,
  events: readonly TraceEvent[],
  origin: Origin,
): ExplainedExpectation {
  const line = origin.kind === 'file' ? lineOfExpectation(origin.path, failed.key) : undefined;
  return {
    ...failed,
    ...(line !== undefined && { line }),
    during: activeFaultsAt(events, failed.atMs),
    before: index < MAX_EXPLAINED ? leadUp(events, failed.atMs) : [],
  };
}

function guaranteeSummary(
  { id, title, result }: GuaranteeResult,
  events: readonly TraceEvent[],
): GuaranteeSummary {
  const { checks, closest, delays, violations } = result;
  return {
    id,
    title,
    occasions: checks,
    ...(closest && { closest }),
    shares: countShares(delays),
    violationCount: violations.length,
    violations: violations.slice(0, MAX_EXPLAINED).map((violation) => ({
      ...violation,
      during: activeFaultsAt(events, violation.atMs),
      before: leadUp(events, violation.atMs),
    })),
  };
}
