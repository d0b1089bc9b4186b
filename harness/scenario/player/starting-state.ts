import { type Conditions, RIDE_STATES } from '../../../simulator/ride/conditions.ts';
import { findModel, hasLogin } from '../../../simulator/models/models.ts';
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

/**
 * Who is paired with the scooter of a scenario at the start: the client with `token`, nobody, or nobody ever. A generation
 * without a login has no pairing, and a client that had a token would not read it.
 */
export function pairingAtStart(
  { paired, ...choice }: ScooterOptions,
  token: Buffer,
): { token?: Buffer; isScooterNew: boolean } {
  const isPaired = paired === true && hasLogin(findModel(choice.model, choice));
  return { ...(isPaired && { token }), isScooterNew: paired === 'never' };
}
