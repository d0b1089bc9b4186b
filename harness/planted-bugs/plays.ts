import { nameOf, type Origin } from '../report/origin.ts';
import { RECOVERY_MINUTES } from '../scenario/campaign/schedule.ts';
import { dailyScenarios } from '../scenario/format/collection.ts';
import { loadScenario } from '../scenario/format/load.ts';
import type { RunLimits } from '../scenario/player/scenario-process.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** CPU time of a run: measured, rounded up. */
const RUN_CPU_MS = 200;
const CPU_MS_PER_VIRTUAL_HOUR = 1_500;
/** A run may take a multiple of its expected CPU time, and some for the start of its process. */
const LIMIT_FACTOR = 20;
const START_LIMIT_MS = 4_000;
/** Limit of real time, in which a client may wait without using CPU time. */
const TIMEOUT_MS = 600_000;
const SECOND_MS = 1_000;

/** A run that may object to a bug. */
export interface Play {
  readonly origin: Origin;
  /** Identifies it in the table of kept results. */
  readonly name: string;
  /** Expected CPU time. */
  readonly expectedMs: number;
  /** After that the process is killed, because the client does not end. */
  readonly limits: RunLimits & { readonly cpuLimitMs: number };
}

export interface CampaignSize {
  readonly seeds: number;
  /** Minutes with faults of each seed. */
  readonly minutes: number;
}

/** The scenarios of the test suite, and the first seeds of a campaign. */
export function allPlays({ seeds, minutes }: CampaignSize): readonly Play[] {
  const scenarios = dailyScenarios().map((path): Play => {
    const origin: Origin = { kind: 'file', path };
    return play(origin, nameOf(origin), loadScenario(path).durationMs);
  });
  const campaign = Array.from({ length: seeds }, (_, index): Play => {
    const origin: Origin = { kind: 'campaign', seed: index + 1, minutes };
    return play(origin, `${nameOf(origin)} of ${minutes} min`, (minutes + RECOVERY_MINUTES) * MINUTE_MS);
  });
  return [...scenarios, ...campaign];
}

function play(origin: Origin, name: string, virtualMs: number): Play {
  const expectedMs = RUN_CPU_MS + (virtualMs / HOUR_MS) * CPU_MS_PER_VIRTUAL_HOUR;
  const cpuLimitS = Math.ceil((START_LIMIT_MS + LIMIT_FACTOR * expectedMs) / SECOND_MS);
  return { origin, name, expectedMs, limits: { timeoutMs: TIMEOUT_MS, cpuLimitMs: cpuLimitS * SECOND_MS } };
}
