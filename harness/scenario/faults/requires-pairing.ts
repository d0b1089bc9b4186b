import type { ScooterModel } from '../../../simulator/models/model.ts';
import { hasLogin } from '../../../simulator/models/models.ts';
import type { Fault } from './fault.ts';

/** Finds a fault that concerns the pairing of a scooter whose generation has none. */
export function requiresPairing(_: unknown, model: ScooterModel): ReturnType<NonNullable<Fault['check']>> {
  if (hasLogin(model)) return undefined;
  return {
    key: 'fault',
    expected: `a fault other than of the pairing (the generation "${model.generation}" has none)`,
  };
}
