import { GUARANTEE_IDS, type GuaranteeId } from '../../../guarantees/ids.ts';
import { sumOfShares, type ShareCounts } from '../../../guarantees/share-counts.ts';
import type { Report } from '../../../report/summary.ts';
import type { EventCounts } from '../../../sometimes/count-events.ts';
import { EVENT_IDS, type EventId } from '../../../sometimes/table.ts';

/** How often an event happened in a campaign. */
export interface EventTotal {
  /** Number of times. */
  readonly times: number;
  /** Number of seeds in which it happened. */
  readonly seeds: number;
  /** The smallest of them. */
  readonly smallestSeed?: number | undefined;
}

/** Numbers of a campaign or of a part of it, which add up. */
export interface Totals {
  readonly runs: number;
  readonly failed: number;
  /** Sums over all runs. */
  readonly virtualMs: number;
  readonly realMs: number;
  /** Number of times that each guarantee was checked. */
  readonly checks: Readonly<Record<GuaranteeId, number>>;
  /** Measured times of the deadlines that were met, as shares of their bounds. */
  readonly shares: Readonly<Record<GuaranteeId, ShareCounts>>;
  readonly events: Readonly<Record<EventId, EventTotal>>;
}

/** Totals of a run. @param seed seed of its schedule */
export function totalsOf(report: Report, seed: number): Totals {
  const isSummary = !('problem' in report);
  const checks = new Map(isSummary ? report.guarantees.map(({ id, occasions }) => [id, occasions]) : []);
  const events: EventCounts = isSummary ? (report.events ?? {}) : {};
  return {
    runs: 1,
    failed: report.passed ? 0 : 1,
    virtualMs: isSummary ? report.virtualMs : 0,
    realMs: isSummary ? report.realMs : 0,
    checks: record(GUARANTEE_IDS, (id) => checks.get(id) ?? 0),
    shares: sharesOf([report]),
    events: record(EVENT_IDS, (id) => {
      const times = events[id] ?? 0;
      return times === 0 ? { times, seeds: 0 } : { times, seeds: 1, smallestSeed: seed };
    }),
  };
}

/** Adds up the shares of the bounds that the deadlines of all runs took. */
export function sharesOf(reports: readonly Report[]): Totals['shares'] {
  const results = reports.flatMap((report) => ('problem' in report ? [] : report.guarantees));
  return record(GUARANTEE_IDS, (id) =>
    sumOfShares(results.flatMap((result) => (result.id === id ? [result.shares] : []))),
  );
}

/** Adds totals up. */
export function sumOf(parts: readonly Totals[]): Totals {
  const sum = (number: (part: Totals) => number): number =>
    parts.reduce((total, part) => total + number(part), 0);
  return {
    runs: sum(({ runs }) => runs),
    failed: sum(({ failed }) => failed),
    virtualMs: sum(({ virtualMs }) => virtualMs),
    realMs: sum(({ realMs }) => realMs),
    checks: record(GUARANTEE_IDS, (id) => sum(({ checks }) => checks[id])),
    shares: record(GUARANTEE_IDS, (id) => sumOfShares(parts.map(({ shares }) => shares[id]))),
    events: record(EVENT_IDS, (id) => {
      const reached = parts.flatMap(({ events }) => events[id].smallestSeed ?? []);
      return {
        times: sum(({ events }) => events[id].times),
        seeds: sum(({ events }) => events[id].seeds),
        ...(reached.length > 0 && { smallestSeed: Math.min(...reached) }),
      };
    }),
  };
}

function record<Name extends string, Value>(
  names: readonly Name[],
  valueOf: (name: Name) => Value,
): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<Name, Value>;
}
