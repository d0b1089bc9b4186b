import type { Simulation } from '../../world/simulation.ts';

type Power = Pick<Simulation, 'scooter' | 'switchOn' | 'switchOff'>;

/** Number of faults that keep a scooter switched off. */
const counts = new WeakMap<Power['scooter'], number>();

/**
 * Switches the scooter off, and keeps it off.
 * @returns ends that; once the last of several overlapping faults has ended, the scooter is switched on
 */
export function keepOff(simulation: Power): () => void {
  const { scooter } = simulation;
  const change = (difference: number): number => {
    const count = (counts.get(scooter) ?? 0) + difference;
    counts.set(scooter, count);
    return count;
  };
  change(1);
  simulation.switchOff();
  return () => {
    if (change(-1) > 0) return;
    // It fails only if the scooter is switched off again meanwhile.
    simulation.switchOn().catch(() => undefined);
  };
}
