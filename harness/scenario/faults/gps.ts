import { oneOf } from '../../../client/config/values.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';

/** Faults of the GPS receiver. */
export const gpsFaults = {
  'gps.silence': defineFault({
    about: 'The receiver sends nothing.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { bytes: () => undefined }),
  }),
  'gps.unplug': defineFault({
    about: 'The receiver is unplugged: its serial port is gone.',
    lasts: true,
    begin: ({ serial }) => {
      serial?.unplug();
      return () => serial?.plug();
    },
  }),
  'gps.hang': defineFault({
    about: 'The serial port of the receiver disappears for a moment; then opening it hangs.',
    lasts: true,
    begin: ({ serial }) => serial?.hang(),
  }),
  'gps.garbage': defineFault({
    about: 'The receiver sends garbage, as at a wrong baud rate.',
    lasts: true,
    begin: ({ gps }, _values, random) =>
      addBehaviour(gps.behaviours, { bytes: (bytes) => random.bytes(bytes.length) }),
  }),
  'gps.nofix': defineFault({
    about: 'The receiver has too few satellites for a fix.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { position: () => undefined }),
  }),
  'gps.estimated': defineFault({
    about:
      'The receiver estimates its position by dead reckoning, as in a tunnel: mode E, quality 6, status 5 of gpsd; a modem ' +
      'reports none.',
    lasts: true,
    parameters: {
      said_by: {
        kind: oneOf('all', 'GGA'),
        default: 'all',
        about:
          'Sentences of an NMEA receiver that say so: all, or only GGA if it is sent at all, as of a receiver before NMEA ' +
          '2.3, whose RMC and GLL have no mode.',
      },
    },
    begin: ({ gps }, { said_by: saidBy }) =>
      addBehaviour(gps.behaviours, { isEstimated: true, isOnlyInGga: saidBy === 'GGA' }),
  }),
  'gps.repeat': defineFault({
    about: 'A modem repeats its latest measurement; other receivers do not.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { isRepeating: true }),
  }),
  'gps.restart': defineFault({
    about:
      'The receiver restarts, and sends nothing meanwhile. The GPS of a modem is off afterwards, until it is switched on.',
    lasts: true,
    begin: ({ gps }) => {
      const endSilence = addBehaviour(gps.behaviours, { bytes: () => undefined });
      return () => {
        gps.restart();
        endSilence();
      };
    },
  }),
  'gps.stuck': defineFault({
    about: 'The receiver sends garbage until its port is opened again.',
    lasts: false,
    begin: ({ gps, serial }, _values, random) => {
      const end = addBehaviour(gps.behaviours, { bytes: (bytes) => random.bytes(bytes.length) });
      const endAtOpening = serial?.whenOpened(end);
      return () => {
        endAtOpening?.();
        end();
      };
    },
  }),
};
