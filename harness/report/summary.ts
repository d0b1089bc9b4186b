import type { GuaranteeId, Verdict, Violation } from '../guarantees/guarantee.ts';
import type { Judgement } from '../guarantees/judge.ts';
import type { Unmet } from '../scenario/player/expectations.ts';
import type { Outcome } from '../scenario/player/run.ts';
import { traceHash } from '../world/trace/trace.ts';
import type { TraceEvent } from '../world/trace/event.ts';
import { activeFaultsAt, leadUp, type FormattedEvent } from './lead-up.ts';
import type { Origin } from './origin.ts';

/** A time at which a guarantee did not hold, with what led there. */
export interface ExplainedViolation extends Violation {
  /** Faults in force at that moment. */
  readonly during: readonly string[];
  /** Oldest first. */
  readonly before: readonly FormattedEvent[];
}

/** What came of one guarantee. */
export interface GuaranteeSummary {
  readonly id: GuaranteeId;
  readonly title: string;
  readonly occasions: number;
  readonly closest?: Verdict['closest'];
  readonly violationCount: number;
  /** The first few. */
  readonly violations: readonly ExplainedViolation[];
}

/** An outcome without its trace: plain data, small enough to go from process to process. */
export interface Summary {
  /** The seed included. */
  readonly origin: Origin;
  readonly name: string;
  readonly title: string;
  readonly passed: boolean;
  readonly seed: number;
  /** How much time passed in the world, and outside. */
  readonly virtualMs: number;
  readonly realMs: number;
  readonly hash: string;
  readonly guarantees: readonly GuaranteeSummary[];
  readonly unmet: readonly Unmet[];
}

/** A run that came to no outcome: its process died or hung. */
export interface FailedRun {
  readonly origin: Origin;
  readonly name: string;
  readonly passed: false;
  /** How it ended, and below it what the process had to say. */
  readonly problem: string;
}

export type Report = Summary | FailedRun;

/** A guarantee that is broken once is often broken a thousand times, all for the same reason. */
const MAX_EXPLAINED = 3;

/** @param origin what the run was made from */
export function summarise(outcome: Outcome, origin: Origin): Summary {
  const { scenario, passed, seed, endMs, realMs, judgements, events, unmet } = outcome;
  return {
    origin: { ...origin, seed },
    name: scenario.name,
    title: scenario.title,
    passed,
    seed,
    virtualMs: endMs,
    realMs,
    hash: traceHash(events),
    guarantees: judgements.map((judgement) => guaranteeSummary(judgement, events)),
    unmet,
  };
}

function guaranteeSummary(
  { id, title, verdict }: Judgement,
  events: readonly TraceEvent[],
): GuaranteeSummary {
  const { checks, closest, violations } = verdict;
  return {
    id,
    title,
    occasions: checks,
    ...(closest && { closest }),
    violationCount: violations.length,
    violations: violations.slice(0, MAX_EXPLAINED).map((violation) => ({
      ...violation,
      during: activeFaultsAt(events, violation.atMs),
      before: leadUp(events, violation.atMs),
    })),
  };
}
