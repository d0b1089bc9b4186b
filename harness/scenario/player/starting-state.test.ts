import { describe, expect, it } from 'vitest';
import { SCOOTER_STATES } from '../format/scooter-schema.ts';
import { Ride } from '../../../simulator/ride/ride.ts';
import { readScenario } from '../format/load.ts';
import { isOnAtStart, pairingAtStart, rideOptions } from './starting-state.ts';

const HEAD = 'title = "A scooter"\nduration = "10 min"\n[scooter]\n';

/** Activity and power at the start of a scenario. */
function startOf(state: string): { activity: string | undefined; isOn: boolean } {
  const { scooter } = readScenario(`${HEAD}state = "${state}"`, 'x');
  return { activity: rideOptions(scooter).start?.activity, isOn: isOnAtStart(scooter) };
}

describe('a scooter at the start of a scenario', () => {
  it.each(SCOOTER_STATES)('that is %s is off only if asleep, and rides only if riding', (state) => {
    const { activity, isOn } = startOf(state);
    expect(isOn).toBe(state !== 'asleep');
    expect(activity === 'riding').toBe(state === 'riding');
  });

  it('that is asleep stands once it is switched on', () => {
    expect(startOf('asleep')).toEqual({ activity: 'parked', isOn: false });
  });
});

describe('the ride of a scenario', () => {
  const rideOf = (keys: string): Ride => new Ride(rideOptions(readScenario(`${HEAD}${keys}`, 'x').scooter));
  const TEN_MINUTES_MS = 600_000;

  it('keeps to a speed limit', () => {
    const ride = rideOf('speed_limit = 12');
    const speeds = Array.from({ length: 120 }, (_, index) => ride.at(index * 5_000).speedKmh);
    expect(Math.max(...speeds)).toBeCloseTo(12, 1);
  });

  it.each([
    ['rider_kg = 120', 'less'],
    ['tail_light = "always-on"', 'less'],
    ['energy_recovery = "strong"', 'more'],
  ])('with %s leaves %s charge', (keys, comparison) => {
    const [changed, usual] = [keys, ''].map((each) => rideOf(each).at(TEN_MINUTES_MS).remainingMah);
    expect(Math.sign((changed ?? 0) - (usual ?? 0))).toBe(comparison === 'more' ? 1 : -1);
  });

  it('has the settings of an app', () => {
    const { conditions } = rideOf('cruise = true\ntail_light = "on-brake"\nenergy_recovery = "medium"').at(0);
    expect(conditions).toMatchObject({ hasCruise: true, tailLight: 1, kers: 1, isSpeedLimited: false });
  });
});

describe('the pairing of a scooter at the start of a scenario', () => {
  const token = Buffer.alloc(12, 7);

  it.each([
    ['paired = true', { token, isScooterNew: false }],
    ['paired = false', { isScooterNew: false }],
    ['paired = "never"', { isScooterNew: true }],
    ['model = "pro"\ngeneration = "xor"', { isScooterNew: false }],
  ])('with %s', (keys, pairing) => {
    expect(pairingAtStart(readScenario(`${HEAD}${keys}`, 'x').scooter, token)).toEqual(pairing);
  });
});
