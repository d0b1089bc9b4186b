import type { Random } from '../../../client/random.ts';
import type { Fault, Parameter, Values } from '../faults/fault.ts';
import { FAULTS, type FaultName } from '../faults/table.ts';
import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import type { Scenario, Step } from '../format/scenario.ts';
import { deriveSeed, seededRandom } from '../../world/random.ts';

const MINUTE_MS = 60_000;
/** Average time between the starts of two faults. */
const MEAN_INTERVAL_MS = 25_000;
const MIN_FAULT_MS = 200;
const MAX_FAULT_MS = 4 * MINUTE_MS;
/** After the last fault: time to recover, then time in which samples have to arrive regularly. */
const RECOVERY_MS = 3 * MINUTE_MS;
const STEADY_MS = MINUTE_MS;

/** Minutes without faults at the end of each schedule. */
export const RECOVERY_MINUTES = (RECOVERY_MS + STEADY_MS) / MINUTE_MS;

/** Faults that only the owner can repair, and the repair. */
const BY_OWNER: readonly FaultName[] = ['scooter.rebind', 'scooter.reset', 'client.register'];

/** Faults that a campaign draws from. */
const FAULT_POOL = (Object.keys(FAULTS) as FaultName[]).filter((name) => !BY_OWNER.includes(name));

/**
 * Draws a scenario from a seed: random faults, which may overlap, followed by a time without faults in which the client
 * has to recover.
 * @param minutes duration of the faults
 */
export function campaignScenario(seed: number, minutes: number): Scenario {
  const random = seededRandom(deriveSeed(seed, 'campaign'));
  const faultPhaseMs = minutes * MINUTE_MS;
  return {
    name: `campaign ${seed}`,
    title: `Random faults for ${minutes} minutes, seed ${seed}`,
    seed,
    durationMs: faultPhaseMs + RECOVERY_MS + STEADY_MS,
    scooter: {
      model: 'pro2',
      paired: true,
      on: true,
      odometerM: Math.floor(random.unit() * 1e6),
      percent: 100,
      advertisingDelayMs: 1_000,
    },
    client: {},
    steps: drawSteps(random, faultPhaseMs),
    expect: { guarantees: GUARANTEE_IDS, recoveredByMs: faultPhaseMs + RECOVERY_MS },
  };
}

function drawSteps(random: Random, faultPhaseMs: number): Step[] {
  const steps: Step[] = [];
  for (let atMs = drawIntervalMs(random); atMs < faultPhaseMs; atMs += drawIntervalMs(random)) {
    const fault = pick(random, FAULT_POOL);
    const { lasts, parameters } = FAULTS[fault];
    const forMs = Math.min(logUniform(random, MIN_FAULT_MS, MAX_FAULT_MS), faultPhaseMs - atMs);
    steps.push({ atMs, fault, forMs: lasts ? forMs : undefined, values: drawValues(random, parameters) });
  }
  return steps;
}

function drawValues(random: Random, parameters: Fault['parameters']): Values {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => [
      name,
      parameter.kind.schema.parse(drawValue(random, parameter)),
    ]),
  );
}

/** Draws a parameter in the unit of the scenario file. */
function drawValue(random: Random, { kind, typical, default: defaultValue }: Parameter): unknown {
  if (kind.choices) return pick(random, kind.choices);
  if (!typical) return defaultValue;
  const [min, max] = typical;
  const value = min > 0 ? logUniform(random, min, max) : min + random.unit() * (max - min);
  return kind.isWhole ? Math.round(value) : value;
}

function drawIntervalMs(random: Random): number {
  return Math.ceil(-Math.log(1 - random.unit()) * MEAN_INTERVAL_MS);
}

function logUniform(random: Random, min: number, max: number): number {
  const value = min * (max / min) ** random.unit();
  return max > 1_000 ? Math.round(value) : value;
}

function pick<T>(random: Random, choices: readonly T[]): T {
  const choice = choices[Math.floor(random.unit() * choices.length)];
  if (choice === undefined) throw new RangeError('No choices to draw from');
  return choice;
}
