import { findModel, hasLogin } from '../../../../simulator/models/models.ts';
import type { ScooterOptions, Step } from '../../format/scenario.ts';
import { Draw } from './draw.ts';

const SECOND_MS = 1_000;
/** Time in which a client is registered: until the service has stopped, a scan, a connection, and the press of a button. */
const REGISTRATION_MS = 60 * SECOND_MS;
/** Time between the last other fault and a registration: a Pi without power boots within a minute. */
const QUIET_MS = 70 * SECOND_MS;
/** Shortest time with faults in which an owner pairs the scooter again. */
const MIN_PHASE_MS = 300 * SECOND_MS;
const REGISTER = { fault: 'client.register', forMs: REGISTRATION_MS, values: { beep: 1 } } as const;

/** What the owner does to the pairing and the power of the scooter, and the time that is left for other faults. */
export interface OwnerStory {
  readonly scooter: Partial<ScooterOptions>;
  readonly steps: readonly Step[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Draws what only an owner does: in most seeds nothing. @param phaseMs time with faults */
export function drawOwner(seed: number, scooter: ScooterOptions, phaseMs: number): OwnerStory {
  const draw = new Draw(seed, 'owner');
  const nothing = { scooter: {}, steps: [], fromMs: 0, untilMs: phaseMs };
  const kind = draw.unit();
  if (kind < 0.08) {
    const onMs = Math.round(draw.uniform(SECOND_MS, phaseMs / 2));
    const step: Step = { atMs: 0, fault: 'scooter.off', forMs: onMs, values: {} };
    return { ...nothing, scooter: { on: false }, steps: [step] };
  }
  if (!hasLogin(findModel(scooter.model, scooter))) return nothing;
  if (kind < 0.12) {
    const step: Step = { ...REGISTER, atMs: Math.round(draw.uniform(SECOND_MS, 10 * SECOND_MS)) };
    const fromMs = step.atMs + REGISTRATION_MS;
    if (fromMs >= phaseMs) return nothing;
    return { ...nothing, scooter: { paired: draw.pick([false, 'never']) }, steps: [step], fromMs };
  }
  if (kind > 0.16 || phaseMs < MIN_PHASE_MS) return nothing;
  const atMs = phaseMs - REGISTRATION_MS;
  const untilMs = atMs - QUIET_MS;
  const lostMs = Math.round(draw.uniform(10 * SECOND_MS, untilMs));
  const lost: Step = {
    atMs: lostMs,
    fault: draw.pick(['scooter.rebind', 'scooter.reset']),
    forMs: undefined,
    values: {},
  };
  return { ...nothing, steps: [lost, { ...REGISTER, atMs }], untilMs };
}
