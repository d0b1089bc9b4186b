import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ClientError, systemCode } from '../../../../client/errors.ts';
import { GUARANTEE_IDS } from '../../../guarantees/ids.ts';
import type { Report } from '../../../report/summary.ts';
import { EVENT_IDS } from '../../../sometimes/table.ts';
import type { SeedRange, Shard } from './shard.ts';
import type { Totals } from './totals.ts';

/** Changes with the format of the file. */
const FORMAT = 'martinete campaign 2';

/** Which seeds ran, on which sources. */
export interface CampaignSettings extends SeedRange {
  readonly minutes: number;
  readonly shard: Shard;
  readonly commit: string;
  readonly node: string;
}

/** Result of a campaign or of one of its shards. */
export interface CampaignResult extends CampaignSettings {
  readonly totals: Totals;
  /** Reports of the failed runs. */
  readonly failures: readonly Report[];
}

const count = z.int().min(0);
const SCHEMA = z.object({
  format: z.literal(FORMAT),
  from: count,
  seeds: count,
  minutes: count,
  shard: z.object({ index: count, count }),
  commit: z.string(),
  node: z.string(),
  totals: z.object({
    runs: count,
    failed: count,
    virtualMs: z.number(),
    realMs: z.number(),
    checks: z.record(z.enum(GUARANTEE_IDS), count),
    shares: z.record(z.enum(GUARANTEE_IDS), z.record(z.string().regex(/^\d+$/), count)),
    events: z.record(
      z.enum(EVENT_IDS),
      z.object({ times: count, seeds: count, smallestSeed: count.optional() }),
    ),
  }),
  failures: z.array(z.custom<Report>((value) => typeof value === 'object' && value !== null)),
});

/** Formats a result as the content of a file. */
export function formatResult(result: CampaignResult): string {
  return `${JSON.stringify({ format: FORMAT, ...result })}\n`;
}

/** Reads the file of a result. @throws ClientError `config` if it cannot be read, or is none of this version */
export function readResult(path: string): CampaignResult {
  const parsed = SCHEMA.safeParse(jsonOf(path));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  throw new ClientError(
    'config',
    `${path} is not the result of a campaign of this version (${where}${issue?.message ?? 'invalid'}): write it with npm run campaign -- --out FILE`,
  );
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw new ClientError('config', `Cannot read ${path} (${systemCode(error)})`, { cause: error });
  }
}
