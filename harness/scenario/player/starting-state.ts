import type { ScooterModel } from '../../../simulator/models/model.ts';
import { findModel, hasLogin } from '../../../simulator/models/models.ts';
import type { RideOptions } from '../../../simulator/ride/ride.ts';
import { startingConditions } from '../../../simulator/ride/starting-conditions.ts';
import type { ScooterOptions } from '../format/scenario.ts';

/** The ride of a scenario on its usual route. A scooter that sleeps is parked. */
export function rideOptions(scooter: ScooterOptions): RideOptions & { model: ScooterModel } {
  const { state, percent, odometerM, riderKg, airTemperatureC, ...start } = scooter;
  return {
    model: findModel(scooter.model, scooter),
    startPercent: percent,
    startOdometerM: odometerM,
    ...(riderKg !== undefined && { riderKg }),
    ...(airTemperatureC !== undefined && { airTemperatureC }),
    start: startingConditions({ ...start, state: state === 'asleep' ? 'parked' : state }),
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
