import { type Conditions, RIDE_STATES } from '../../../simulator/ride/conditions.ts';
import type { ScooterOptions } from '../format/scenario.ts';

/** Conditions of the ride of a scenario at its start. A scooter that sleeps is parked. */
export function startingConditions(scooter: ScooterOptions): Partial<Conditions> {
  const { state = 'riding', locked = false, error = 0, warning = 0, mode } = scooter;
  return {
    ...RIDE_STATES[state === 'asleep' ? 'parked' : state],
    isLocked: locked,
    error,
    warning,
    ...(mode !== undefined && { mode }),
  };
}

/** Whether the scooter of a scenario is switched on at the start. */
export function isOnAtStart({ on, state }: ScooterOptions): boolean {
  return on && state !== 'asleep';
}

/** Who is paired with the scooter of a scenario at the start: the client with `token`, nobody, or nobody ever. */
export function pairingAtStart(
  { paired }: ScooterOptions,
  token: Buffer,
): { token?: Buffer; isScooterNew: boolean } {
  return { ...(paired === true && { token }), isScooterNew: paired === 'never' };
}
