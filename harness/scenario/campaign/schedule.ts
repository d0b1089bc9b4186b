import { GUARANTEE_IDS } from '../../guarantees/ids.ts';
import type { Scenario } from '../format/scenario.ts';
import { drawClient } from './draw/client.ts';
import { Draw } from './draw/draw.ts';
import { drawOwner } from './draw/owner.ts';
import { drawHabits } from './draw/habits.ts';
import { drawMode, drawScooter } from './draw/scooter.ts';
import { drawSteps } from './draw/steps.ts';
import { drawAir, drawBroker, drawClock, drawGps } from './draw/surroundings.ts';

const MINUTE_MS = 60_000;
/** After the last fault: time to recover, then time in which samples have to arrive regularly. */
const RECOVERY_MS = 3 * MINUTE_MS;
const STEADY_MS = MINUTE_MS;

/** Minutes without faults at the end of each schedule. */
export const RECOVERY_MINUTES = (RECOVERY_MS + STEADY_MS) / MINUTE_MS;

/**
 * Draws a scenario from a seed: scooter, surroundings and configuration, and random faults, which may overlap, followed
 * by a time without faults in which the client has to recover. Each aspect has random numbers of its own, so that a change of how one
 * is drawn leaves the others as they were.
 * @param minutes duration of the faults
 */
export function campaignScenario(seed: number, minutes: number): Scenario {
  const faultPhaseMs = minutes * MINUTE_MS;
  const drawn = drawScooter(seed);
  const mode = drawMode(new Draw(seed, 'mode'), drawn);
  const owner = drawOwner(seed, drawn, faultPhaseMs);
  const scooter = { ...drawn, ...(mode !== undefined && { mode }), ...owner.scooter };
  const gps = drawGps(seed);
  const faults = drawSteps(new Draw(seed, 'faults'), scooter, owner);
  const habits = drawHabits(seed, owner);
  return {
    name: `campaign ${seed}`,
    title: `Random faults for ${minutes} min, seed ${seed}`,
    seed,
    durationMs: faultPhaseMs + RECOVERY_MS + STEADY_MS,
    scooter,
    gps,
    clock: drawClock(seed, minutes),
    broker: drawBroker(seed),
    air: drawAir(seed),
    client: drawClient(seed, gps),
    steps: [...owner.steps, ...faults, ...habits].toSorted((a, b) => a.atMs - b.atMs),
    expect: { guarantees: GUARANTEE_IDS, recoveredByMs: faultPhaseMs + RECOVERY_MS },
  };
}
