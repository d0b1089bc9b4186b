import { stringify } from 'smol-toml';
import type { FaultName } from '../../scenario/faults/table.ts';
import type { GuaranteeId } from '../../guarantees/ids.ts';
import { readScenario } from '../../scenario/format/load.ts';
import type { Scenario } from '../../scenario/format/scenario.ts';
import { seededRandom } from '../../world/random.ts';
import type { Figure } from './figure.ts';
import { withPlayer } from './player.ts';
import type { WorldResult } from './world-child.ts';

/** A fault, and the guarantee that bounds the recovery from it. */
interface RecoveryCase {
  readonly what: string;
  readonly fault: FaultName;
  readonly forS?: number;
  readonly guarantee: GuaranteeId;
  /** The client notices the fault only with its next poll, which adds to the bound of the guarantee. */
  readonly isDetectedByPoll?: true;
}

const RECOVERY_CASES: readonly RecoveryCase[] = [
  { what: 'a gap of 3 s', fault: 'radio.gap', forS: 3, guarantee: 'L1' },
  { what: 'a gap of 30 s', fault: 'radio.gap', forS: 30, guarantee: 'L2' },
  { what: 'a dropped link', fault: 'link.drop', guarantee: 'L2' },
  { what: 'a reboot of the scooter', fault: 'scooter.reboot', guarantee: 'L2' },
  { what: 'a flap of the adapter', fault: 'adapter.flap', guarantee: 'L2', isDetectedByPoll: true },
];
const TIMES = 300;
const EVERY_S = 90;
/** Random offset, so that faults start in every state of a poll. */
const JITTER_S = 5;
const SEED = 1;
const QUANTILES = { median: 0.5, p99: 0.99, longest: 1 } as const;

/** Time from the end of a fault to the next sample, in virtual time. */
export async function recoveryFigures(): Promise<Figure[]> {
  return await withPlayer(async (player) => {
    const figures: Figure[] = [];
    for (const recoveryCase of RECOVERY_CASES) {
      figures.push(...figuresOf(recoveryCase, await player.play(scenarioOf(recoveryCase))));
    }
    return figures;
  });
}

function scenarioOf({ what, fault, forS }: RecoveryCase): Scenario {
  const random = seededRandom(SEED);
  const steps = Array.from({ length: TIMES }, (_, index) => ({
    at: EVERY_S * (index + 1) + JITTER_S * random.unit(),
    fault,
    ...(forS !== undefined && { for: forS }),
  }));
  const scenario = { title: `Repeatedly ${what}`, duration: EVERY_S * (TIMES + 1), step: steps };
  return readScenario(stringify(scenario), what);
}

/** @throws Error if the guarantee was not checked for every fault, because the figures would be meaningless. */
function figuresOf({ what, guarantee, isDetectedByPoll }: RecoveryCase, result: WorldResult): Figure[] {
  const { results, recoveriesMs, config } = result;
  const delays = results.find(({ id }) => id === guarantee)?.result.delays ?? [];
  if (delays.length < TIMES)
    throw new Error(`Only ${delays.length} of ${TIMES} faults were checked: ${what}`);
  const { supervisionTimeoutMs, requestTimeoutMs } = config.scooter;
  const detectionMs = isDetectedByPoll
    ? config.mqtt.sendIntervalMs + supervisionTimeoutMs + requestTimeoutMs
    : 0;
  const withinMs = detectionMs + Math.min(...delays.map((delay) => delay.withinMs));
  const tookMs = isDetectedByPoll ? recoveriesMs : delays.map((delay) => delay.tookMs);
  const sorted = tookMs.toSorted((one, other) => one - other);
  return Object.entries(QUANTILES).map(([name, share]): Figure => ({
    what: `next sample after ${what}, ${name} of ${sorted.length}`,
    unit: 's',
    measured: (sorted[Math.ceil(share * sorted.length) - 1] ?? NaN) / 1000,
    ...(share === 1 && { target: { below: withinMs / 1000 } }),
  }));
}
