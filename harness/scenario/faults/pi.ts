import { oneOf } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { defineFault } from './fault.ts';

const DAY_S = 86_400;

/** What becomes of the computer that the client runs on. */
export const piFaults = {
  'client.kill': defineFault({
    about: 'The client dies in this moment.',
    lasts: false,
    parameters: {
      how: {
        kind: oneOf('process', 'power'),
        default: 'process',
        about: 'Whether the process is killed, or the whole Pi loses its power.',
      },
      takes: {
        kind: duration(0.1, DAY_S),
        default: 15,
        typical: [1, 60],
        about: 'Until the Pi has power again and has come up.',
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
    about: 'The client is stopped by SIGTERM, and started again at the end.',
    lasts: true,
    begin: ({ service }) => {
      void service.stop();
      return () => service.start();
    },
  }),
  'clock.step': defineFault({
    about: 'The wall clock is set, as by NTP.',
    lasts: false,
    parameters: {
      by: {
        kind: duration(-10 * 365 * DAY_S, 10 * 365 * DAY_S),
        typical: [-7200, 7200],
        about: 'Forward, or back where negative.',
      },
    },
    begin: ({ clock }, { by }) => {
      clock.stepWallClock(by);
      return undefined;
    },
  }),
  'disk.full': defineFault({
    about: 'The disk takes nothing more.',
    lasts: true,
    begin: ({ disk }) => disk.fail({ code: 'ENOSPC' }),
  }),
  'disk.error': defineFault({
    about: 'The disk fails to write.',
    lasts: true,
    begin: ({ disk }) => disk.fail({ code: 'EIO' }),
  }),
  'disk.slow': defineFault({
    about: 'The disk takes its time for everything.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.001, 3_600),
        default: 10,
        typical: [0.1, 20],
        about: 'For each operation.',
      },
    },
    begin: ({ disk }, { by }) => disk.slow(by),
  }),
};
