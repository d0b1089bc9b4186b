import { duration } from '../format/values.ts';
import { defineFault } from './fault.ts';

/** Faults of the Pi's Bluetooth adapter. */
export const adapterFaults = {
  'adapter.down': defineFault({
    about: 'The adapter is unplugged: no event is reported, and it cannot be opened.',
    lasts: true,
    begin: ({ adapter }) => {
      adapter.unplug();
      return () => adapter.plug();
    },
  }),
  'adapter.flap': defineFault({
    about: 'The adapter is unplugged and plugged in again.',
    lasts: false,
    parameters: {
      takes: {
        kind: duration(0.001, 60),
        default: 0.5,
        typical: [0.01, 2],
        about: 'Time until it is back.',
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
    about: 'The adapter neither responds to commands nor reports events.',
    lasts: true,
    begin: ({ adapter }) => {
      adapter.mute(true);
      return () => adapter.mute(false);
    },
  }),
  'adapter.reject': defineFault({
    about: 'The adapter rejects attempts to connect until it is reset.',
    lasts: true,
    begin: ({ adapter }) => {
      adapter.controller.rejectsConnections = true;
      return () => {
        adapter.controller.rejectsConnections = false;
      };
    },
  }),
  'adapter.autoenable': defineFault({
    about: 'A Bluetooth service powers the adapter on whenever it is free, as bluetoothd does.',
    lasts: true,
    parameters: {
      takes: {
        kind: duration(0.001, 60),
        default: 0.1,
        typical: [0.03, 3],
        about: 'Time until the service powers on an adapter that has become free.',
      },
    },
    begin: ({ adapter }, { takes }) => adapter.autoEnable(takes),
  }),
};
