import { z } from 'zod';
import { failureHeadlines } from '../report/failure.ts';
import type { Report, Summary } from '../report/summary.ts';

/**
 * What can object to a bug. A crash is a run without a result: its process ended by itself, or was killed because it did
 * not end; no guarantee was checked in it. A crash of the client within a run is an expectation that was not met.
 */
export const OBJECTORS = ['guarantee', 'expectation', 'crash'] as const;

export type Objector = (typeof OBJECTORS)[number];

export const OBJECTION = z.strictObject({
  by: z.enum(OBJECTORS),
  /** Ids of the guarantees, the earliest violation first; keys of the expectations; or how the process ended. */
  what: z.array(z.string()).min(1),
  /** Name of the play. */
  play: z.string(),
  /** First violation of a guarantee, in virtual time. */
  atMs: z.number().optional(),
});

/** The result of the play in which something objected to a bug. */
export type Objection = Readonly<z.infer<typeof OBJECTION>>;

/** What objects in a run; undefined if it passed. Guarantees come before expectations. */
export function objectionIn(report: Report, play: string): Objection | undefined {
  if (report.passed) return undefined;
  if ('problem' in report) return { by: 'crash', what: failureHeadlines(report).slice(0, 1), play };
  const violations = firstViolations(report);
  const [earliest] = violations;
  if (earliest) return { by: 'guarantee', what: violations.map(({ id }) => id), play, atMs: earliest.atMs };
  return { by: 'expectation', what: [...new Set(report.unmet.map(({ key }) => key))], play };
}

/** The violated guarantees with their first violation, in the order of time. */
function firstViolations({ guarantees }: Summary): { id: string; atMs: number }[] {
  return guarantees
    .filter(({ violationCount }) => violationCount > 0)
    .map(({ id, violations }) => ({ id, atMs: Math.min(...violations.map(({ atMs }) => atMs)) }))
    .toSorted((a, b) => a.atMs - b.atMs);
}
