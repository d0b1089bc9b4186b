import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { throwIfAborted } from '../../../../client/wait.ts';
import { failedChecks } from '../../../report/failure.ts';
import { replayCommand, type Origin } from '../../../report/origin.ts';
import type { Report } from '../../../report/summary.ts';
import { readScenario } from '../../format/load.ts';
import { formatScenario } from '../../format/write.ts';
import { ScenarioProcess } from '../../player/scenario-process.ts';
import { CHILD } from '../../player/suite.ts';
import { campaignScenario } from '../schedule.ts';
import type { Failure } from './reductions.ts';
import { shrink, type Shrunk } from './shrink.ts';

/** Real time for the search. */
const SEARCH_MS = 60_000;
/** Real-time limit of the first run, as in a campaign. */
const RUN_MS = 600_000;

/** The shortest scenario file that fails as a seed does. */
export interface Regression extends Shrunk {
  /** Suggested file name. */
  readonly fileName: string;
  readonly text: string;
}

export interface ShrinkSeedOptions {
  readonly signal: AbortSignal;
  /** Called with the result of the whole schedule if it fails. */
  readonly onFailed: (report: Report) => void;
  /** Module of the child process: see {@link ScenarioProcess}. */
  readonly child?: URL;
}

/**
 * Runs the schedule of a seed in a child process, and shrinks it if it fails: to a file that fails the first of the same
 * guarantees or expectations. The search ends after a minute.
 * @returns undefined if the schedule passes
 * @throws the reason of `signal`
 */
export async function shrinkSeed(
  origin: Origin & { readonly kind: 'campaign' },
  { signal, onFailed, child }: ShrinkSeedOptions,
): Promise<Regression | undefined> {
  const { seed, minutes } = origin;
  const folder = mkdtempSync(join(tmpdir(), 'martinete-shrink-'));
  const path = join(folder, 'candidate.toml');
  const worker = new ScenarioProcess(child ?? CHILD);
  try {
    const report = await worker.run(origin, { timeoutMs: RUN_MS }, signal);
    const [check] = failedChecks(report);
    if (check === undefined) return undefined;
    onFailed(report);
    const first = readScenario(formatScenario(campaignScenario(seed, minutes)), path);
    const ended = AbortSignal.any([signal, AbortSignal.timeout(SEARCH_MS)]);
    const run = async (text: string): Promise<Failure | undefined> => {
      writeFileSync(path, text);
      return failureOf(await worker.run({ kind: 'file', path }, { timeoutMs: SEARCH_MS }, ended), check);
    };
    const shrunk = await shrink(first, failureOf(report, check) ?? {}, { run, signal: ended });
    throwIfAborted(signal);
    const comment = `Shrunk from \`${replayCommand(origin)}\`. Once it is known, write here what the client did wrong.`;
    const title = `Seed ${seed} of a campaign: ${check}`;
    return {
      ...shrunk,
      fileName: `seed-${seed}-${check.replaceAll(/\W+/g, '-').toLowerCase()}.toml`,
      text: formatScenario({ ...shrunk.scenario, title }, [comment]),
    };
  } finally {
    await worker.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How a run fails a check; undefined if it does not. */
function failureOf(report: Report, check: string): Failure | undefined {
  if (!failedChecks(report).includes(check)) return undefined;
  if ('problem' in report) return {};
  const violated = report.guarantees.find(({ id }) => id === check)?.violations[0];
  return { atMs: (violated ?? report.unmet.find(({ key }) => key === check))?.atMs };
}
