import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useUserChannel } from '../../../hci/user-channel.ts';
import type { Config } from '../../../client/config/schema.ts';
import { virtualClock } from '../../world/clock/clock.ts';
import { checkGuarantees, type GuaranteeResult } from '../../guarantees/check-guarantees.ts';
import { DEFAULT_RADIO_MODEL, RADIO_MODELS } from '../../world/radio/radio-model.ts';
import type { TraceEvent } from '../../world/trace/event.ts';
import { Trace } from '../../world/trace/trace.ts';
import { deriveSeed, replaceMathRandom, seededRandom } from '../../world/random.ts';
import { checkExpectations, type FailedExpectation } from './expectations.ts';
import type { Mutation } from './play.ts';
import type { Scenario } from '../format/scenario.ts';

export interface RunOptions {
  /** Overrides the seed of the scenario. */
  readonly seed?: number;
  /** Virtual seconds per real second; unlimited by default. */
  readonly pace?: number;
  readonly onEvent?: (event: TraceEvent) => void;
  /** Called with the packets of the client's adapter, as chunks of a btsnoop file. */
  readonly btsnoop?: (bytes: Buffer) => void;
  /** Makes the client defective, to test that a guarantee detects it. */
  readonly mutation?: Mutation;
}

/** Outcome of a scenario. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Configuration that the checks assume. */
  readonly config: Config;
  readonly events: readonly TraceEvent[];
  /** End of the scenario in virtual time; the client is stopped afterwards. */
  readonly endMs: number;
  readonly realMs: number;
  /** CPU time of this process. */
  readonly cpuMs: number;
  readonly results: readonly GuaranteeResult[];
  readonly failedExpectations: readonly FailedExpectation[];
  readonly passed: boolean;
}

const realNow = performance.now.bind(performance);
/** Time zone between runs. */
const UTC = 'UTC';

useUserChannel();
process.env['TZ'] = UTC;
process.env['BLENO_DEVICE_NAME'] = 'MIScooter';

/**
 * Plays a scenario with the complete client and checks the run. Only one run at a time in a process, because it replaces
 * the clock and the timers. Modules with timers are therefore imported after that.
 */
export async function runScenario(scenario: Scenario, options: RunOptions = {}): Promise<Outcome> {
  const seed = options.seed ?? scenario.seed;
  const beganMs = realNow();
  const cpuAtStart = process.cpuUsage();
  const clock = virtualClock({ ...(options.pace !== undefined && { pace: options.pace }) });
  const restoreMathRandom = replaceMathRandom(seededRandom(deriveSeed(seed, 'Math.random')));
  const folder = mkdtempSync(join(tmpdir(), 'martinete-scenario-'));
  try {
    process.env['TZ'] = scenario.clock.zone;
    const { play } = await import('./play.ts');
    const { events, record } = new Trace(() => clock.now(), options.onEvent);
    const secrets: Buffer[] = [];
    const onSecret = (secret: Buffer): void => void secrets.push(secret);
    const played = await play(scenario, { ...options, seed, clock, folder, record, onSecret });
    const { config, endMs, pendingTimers, tokenFileMode, writtenFiles, crashStacks, warningStacks } = played;
    const facts = {
      config,
      scooter: scenario.scooter,
      gps: scenario.gps,
      clock: scenario.clock,
      radio: RADIO_MODELS[scenario.radio ?? DEFAULT_RADIO_MODEL],
      secrets,
      tokenFileMode,
      writtenFiles,
    };
    const results = checkGuarantees(events, facts, scenario.expect.guarantees, endMs);
    const failedExpectations = checkExpectations(scenario.expect, {
      events,
      endMs,
      config,
      pendingTimers,
      crashStacks,
      warningStacks,
    });
    return {
      scenario,
      seed,
      config,
      events,
      endMs,
      realMs: realNow() - beganMs,
      cpuMs: cpuMsSince(cpuAtStart),
      results,
      failedExpectations,
      passed:
        failedExpectations.length === 0 && results.every(({ result }) => result.violations.length === 0),
    };
  } finally {
    process.env['TZ'] = UTC;
    restoreMathRandom();
    clock.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
