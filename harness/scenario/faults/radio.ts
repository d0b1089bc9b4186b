import { duration, share } from '../format/values.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** What the air does. */
export const radioFaults = {
  'radio.gap': defineFault({
    about: 'Scooter and Pi do not hear each other: a tunnel, a wall, a body in between.',
    lasts: true,
    begin: ({ air, scooterController }) => air.block(scooterController),
  }),
  'radio.loss': defineFault({
    about: 'Radio packets are lost; within a connection they are sent again.',
    lasts: true,
    parameters: {
      share: {
        kind: share(0, 0.95),
        default: 0.2,
        typical: [0.05, 0.6],
        about: 'How many of the packets.',
      },
    },
    begin: ({ air }, { share: loss }) => overrideProperty(air.conditions, 'loss', loss),
  }),
  'radio.delay': defineFault({
    about: 'Data cross late, as on a crowded antenna.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.001, 60),
        default: 0.3,
        typical: [0.02, 2],
        about: 'How much later.',
      },
    },
    begin: ({ air }, { by }) => overrideProperty(air.conditions, 'delayMs', by),
  }),
};
