import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';

/** What becomes of the GPS receiver. */
export const gpsFaults = {
  'gps.silence': defineFault({
    about: 'The receiver writes nothing.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { bytes: () => undefined }),
  }),
  'gps.unplug': defineFault({
    about: 'The receiver is pulled: its port is gone.',
    lasts: true,
    begin: ({ serial }) => {
      serial?.unplug();
      return () => serial?.plug();
    },
  }),
  'gps.garbage': defineFault({
    about: 'What comes from the receiver is noise, as at a wrong baud rate.',
    lasts: true,
    begin: ({ gps }, _values, random) =>
      addBehaviour(gps.behaviours, { bytes: (bytes) => random.bytes(bytes.length) }),
  }),
  'gps.nofix': defineFault({
    about: 'The receiver sees too few satellites.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { position: () => undefined }),
  }),
};
