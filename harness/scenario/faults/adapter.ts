import { duration } from '../format/values.ts';
import { defineFault } from './fault.ts';

/** What becomes of the Pi's Bluetooth adapter. */
export const adapterFaults = {
  'adapter.down': defineFault({
    about: 'The adapter is gone: nobody is told, and it cannot be opened.',
    lasts: true,
    begin: ({ adapter }) => {
      adapter.unplug();
      return () => adapter.plug();
    },
  }),
  'adapter.flap': defineFault({
    about: 'The adapter goes, and comes back at once.',
    lasts: false,
    parameters: {
      takes: {
        kind: duration(0.001, 60),
        default: 0.5,
        typical: [0.01, 2],
        about: 'Until it is back.',
      },
    },
    begin: ({ adapter }, { takes }) => {
      adapter.unplug();
      const timer = setTimeout(() => adapter.plug(), takes);
      return () => {
        clearTimeout(timer);
        adapter.plug();
      };
    },
  }),
  'adapter.mute': defineFault({
    about: 'The adapter neither answers nor reports anything.',
    lasts: true,
    begin: ({ adapter }) => {
      adapter.mute(true);
      return () => adapter.mute(false);
    },
  }),
};
