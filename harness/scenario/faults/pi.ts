import { oneOf } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { defineFault } from './fault.ts';

const DAY_S = 86_400;

/** Faults of the computer that the client runs on. */
export const piFaults = {
  'client.kill': defineFault({
    about: 'The client is killed.',
    lasts: false,
    parameters: {
      how: {
        kind: oneOf('process', 'power'),
        default: 'process',
        about: 'Whether the process is killed (SIGKILL), or the Pi loses power.',
      },
      takes: {
        kind: duration(0.1, DAY_S),
        default: 15,
        typical: [1, 60],
        about: 'Time until the Pi has booted again.',
      },
    },
    begin: ({ service, disk }, { how, takes }) => {
      if (how === 'process') {
        service.kill();
        return undefined;
      }
      service.powerCut();
      const timer = setTimeout(() => {
        disk.powerOn();
        service.powerOn();
      }, takes);
      return () => clearTimeout(timer);
    },
  }),
  'client.term': defineFault({
    about: 'The client is stopped by SIGTERM, and started again at the end of the fault.',
    lasts: true,
    begin: ({ service }) => {
      void service.stop();
      return () => service.start();
    },
  }),
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
  'disk.full': defineFault({
    about: 'The disk is full: writes fail with ENOSPC.',
    lasts: true,
    begin: ({ disk }) => disk.fail({ code: 'ENOSPC' }),
  }),
  'disk.error': defineFault({
    about: 'Writes to the disk fail with EIO.',
    lasts: true,
    begin: ({ disk }) => disk.fail({ code: 'EIO' }),
  }),
  'disk.slow': defineFault({
    about: 'Every operation of the disk takes a long time.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.001, 3_600),
        default: 10,
        typical: [0.1, 20],
        about: 'Duration of each operation.',
      },
    },
    begin: ({ disk }, { by }) => disk.slow(by),
  }),
};
