import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { ClientError, systemCode } from '../../client/errors.ts';
import { OBJECTION } from './objection.ts';
import type { BugResult } from './play-bug.ts';

/** Kept results of all bugs, from the project's root. */
export const RECORDS_FILE = 'harness/planted-bugs/results.json';

const RECORD = z.strictObject({
  /** What objected first; null if nothing objected in all plays. */
  first: OBJECTION.nullable(),
  /** The first play in which a guarantee objected; null in none; absent if the bug was not played until then. */
  guarantee: OBJECTION.nullable().optional(),
});

const RECORDS = z.record(z.string(), RECORD);

/** The kept result of a bug. */
export type BugRecord = Readonly<z.infer<typeof RECORD>>;

/** Kept results by the id of the bug. */
export type Records = Readonly<Record<string, BugRecord>>;

/** Reads the kept results. @throws ClientError `config` if the file cannot be read or is invalid */
export function readRecords(path = RECORDS_FILE): Records {
  try {
    return RECORDS.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const reason =
      cause instanceof z.ZodError || cause instanceof SyntaxError ? 'is invalid' : systemCode(cause);
    const advice = 'restore it, or replace it by {} and run npm run planted-bugs -- --all --write';
    throw new ClientError('config', `${path}: ${reason}; ${advice}`, { cause });
  }
}

/** Writes the kept results, sorted by id. */
export function writeRecords(records: Records, path = RECORDS_FILE): void {
  const sorted = Object.fromEntries(Object.entries(records).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/** The kept result of a bug after it was played again. A play that stopped early keeps what later plays have found. */
export function recordOf({ first, guarantee }: BugResult, before?: BugRecord): BugRecord {
  const known = guarantee === undefined ? before?.guarantee : guarantee;
  return { first, ...(known !== undefined && { guarantee: known }) };
}

/** Adds results to the kept ones, and drops those of bugs that no longer exist. */
export function updateRecords(
  records: Records,
  results: readonly BugResult[],
  ids: readonly string[],
): Records {
  const updated = { ...records };
  for (const result of results) updated[result.bug.id] = recordOf(result, records[result.bug.id]);
  return Object.fromEntries(Object.entries(updated).filter(([id]) => ids.includes(id)));
}

/** How much objects to a bug: guarantees are what users rely on. */
function rank(first: BugRecord['first'] | undefined, guarantee: BugRecord['guarantee']): number {
  if (guarantee) return 2;
  return first ? 1 : 0;
}

/**
 * Whether a result is worse than the kept one: what a guarantee objected to must still have one, what anything objected
 * to must not be left to nobody. A bug without a kept result must not be left to nobody either.
 */
export function isWorse({ first, guarantee }: BugResult, before: BugRecord | undefined): boolean {
  if (!before) return first === null;
  return rank(first, guarantee) < rank(before.first, before.guarantee);
}
