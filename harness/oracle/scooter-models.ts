/** Models by the names that scenarios have for them (docs/scenarios.md). */
export type ScooterModel = 'm365' | 'pro' | '1s' | '1s-de' | 'lite' | 'essential' | 'pro2' | 'mi3' | 'pro3';

/**
 * Metres in one unit of the trip distance, ESC b9.
 *
 * m365: in CamiAlfa's captures of one ride, b9 is 5, the average speed 18.000 km/h and the riding time 10 s, which are
 * 50 m. The others: assumed to be the same, as etransport's register list of the Ninebot ES has it; one client for
 * scooters with MiAuth takes 1 m, and no capture of a ride on one is published.
 */
export const TRIP_UNIT_M: Readonly<Record<ScooterModel, number>> = {
  m365: 10,
  pro: 10,
  '1s': 10,
  '1s-de': 10,
  lite: 10,
  essential: 10,
  pro2: 10,
  mi3: 10,
  pro3: 10,
};

/** @throws RangeError if there is no such model. */
export function scooterModel(name: string): ScooterModel {
  if (name in TRIP_UNIT_M) return name as ScooterModel;
  throw new RangeError(`no model ${name}`);
}
