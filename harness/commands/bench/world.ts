import type { Figure } from './figure.ts';
import { withPlayer } from './player.ts';
import { SCENARIOS } from './scenarios.ts';

const TARGET_SPEED = 10_000;
const TARGET_DAY_S = 15;

/** Speed of the complete simulation including the checks of the guarantees, relative to real time. */
export async function worldFigures(): Promise<Figure[]> {
  const { ride, faults, idle } = await withPlayer(async (player) => {
    await player.play(SCENARIOS.warmUp);
    return {
      ride: await player.play(SCENARIOS.ride),
      faults: await player.play(SCENARIOS.faults),
      idle: await player.play(SCENARIOS.idle),
    };
  });
  return [
    {
      what: 'world: a ride at one sample every 5 s, GPS at 1 Hz, against real time',
      unit: '×',
      measured: ride.virtualS / ride.realS,
      target: { atLeast: TARGET_SPEED },
    },
    {
      what: 'world: 24 h with a fault every 10 min',
      unit: 's',
      measured: faults.realS,
      target: { below: TARGET_DAY_S },
    },
    {
      what: 'world: an hour in which the client waits for a scooter that is off',
      unit: 's',
      measured: idle.realS / (idle.virtualS / 3600),
    },
  ];
}
