import { behave } from './behave.ts';
import { fault } from './fault.ts';

/** What becomes of the GPS receiver. */
export const gpsFaults = {
  'gps.silence': fault({
    about: 'The receiver writes nothing.',
    lasts: true,
    begin: ({ gps }) => behave(gps.behaviours, { bytes: () => undefined }),
  }),
  'gps.unplug': fault({
    about: 'The receiver is pulled: its port is gone.',
    lasts: true,
    begin: ({ serial }) => {
      serial?.unplug();
      return () => serial?.plug();
    },
  }),
  'gps.garbage': fault({
    about: 'What comes from the receiver is noise, as at a wrong baud rate.',
    lasts: true,
    begin: ({ gps }, _values, random) =>
      behave(gps.behaviours, { bytes: (bytes) => random.bytes(bytes.length) }),
  }),
  'gps.nofix': fault({
    about: 'The receiver sees too few satellites.',
    lasts: true,
    begin: ({ gps }) => behave(gps.behaviours, { position: () => undefined }),
  }),
};
