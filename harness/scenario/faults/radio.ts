import { duration, share } from '../format/values.ts';
import { fault } from './fault.ts';
import { impose } from './impose.ts';

/** What the air does. */
export const radioFaults = {
  'radio.gap': fault({
    about: 'Scooter and Pi do not hear each other: a tunnel, a wall, a body in between.',
    lasts: true,
    begin: ({ air, scooterController }) => air.block(scooterController),
  }),
  'radio.loss': fault({
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
    begin: ({ air }, { share: loss }) => impose(air.conditions, 'loss', loss),
  }),
  'radio.delay': fault({
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
    begin: ({ air }, { by }) => impose(air.conditions, 'delayMs', by),
  }),
};
