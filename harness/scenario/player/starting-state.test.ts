import { describe, expect, it } from 'vitest';
import { SCOOTER_STATES } from '../format/schema.ts';
import { readScenario } from '../format/load.ts';
import { isOnAtStart, pairingAtStart, startingConditions } from './starting-state.ts';

const HEAD = 'title = "A scooter"\nduration = "10 min"\n[scooter]\n';

/** Activity and power at the start of a scenario. */
function startOf(state: string): { activity: string | undefined; isOn: boolean } {
  const { scooter } = readScenario(`${HEAD}state = "${state}"`, 'x');
  return { activity: startingConditions(scooter).activity, isOn: isOnAtStart(scooter) };
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
