import { duration } from '../format/values.ts';
import { defineFault } from './fault.ts';

const DAY_S = 86_400;

/** Faults of the Pi's clock. */
export const clockFaults = {
  'clock.step': defineFault({
    about: 'The wall clock is stepped, as by NTP.',
    lasts: false,
    parameters: {
      by: {
        kind: duration(-10 * 365 * DAY_S, 10 * 365 * DAY_S),
        typical: [-7200, 7200],
        about: 'Size of the step; negative for a step backwards.',
      },
    },
    begin: ({ clock }, { by }) => {
      clock.stepWallClock(by);
      return undefined;
    },
  }),
  'clock.unknown': defineFault({
    about: 'Nothing tells whether the clock is synchronised: timedatectl fails, as while D-Bus restarts.',
    source: 'timedatectl(1): it asks systemd-timedated over D-Bus',
    lasts: true,
    isDrawn: false,
    begin: ({ clockSource }) => clockSource.fail(),
  }),
};
