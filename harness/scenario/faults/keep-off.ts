import type { Simulation } from '../../world/simulation.ts';
import { whileActive } from './while-active.ts';

type Power = Pick<Simulation, 'scooter' | 'switchOn' | 'switchOff'>;

/**
 * Switches the scooter off, and keeps it off.
 * @returns ends that; once the last of several overlapping faults has ended, the scooter is switched on
 */
export function keepOff(simulation: Power): () => void {
  const release = whileActive(simulation.scooter, 'off', () => () => {
    // It fails only if the scooter is switched off again meanwhile.
    simulation.switchOn().catch(() => undefined);
  });
  // It may have switched itself on meanwhile.
  simulation.switchOff();
  return release;
}
