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
  'gps.restart': defineFault({
    about: 'A modem restarts with its GPS switched off; its port stays. Another receiver is not affected.',
    lasts: false,
    begin: ({ gps }) => {
      gps.restartModem();
      return undefined;
    },
  }),
  'gps.nofix': defineFault({
    about: 'The receiver has too few satellites for a fix.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { position: () => undefined }),
  }),
};
