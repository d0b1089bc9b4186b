import { STATUS } from '../../world/radio/status.ts';
import type { Simulation } from '../../world/simulation.ts';

/** Binds the scooter to another token, as a pairing does: its connections end. */
export function bindAgain(
  { scooter, air, scooterController }: Pick<Simulation, 'scooter' | 'air' | 'scooterController'>,
  token: Buffer,
): undefined {
  scooter.bind(token);
  for (const link of air.links) {
    if (link.peripheral === scooterController) {
      link.terminate(scooterController, STATUS.remoteUserTerminated);
    }
  }
}
