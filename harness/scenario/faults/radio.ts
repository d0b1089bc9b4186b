import { duration, share } from '../format/values.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** Faults of the radio channel. */
export const radioFaults = {
  'radio.gap': defineFault({
    about: 'No packet gets through between scooter and Pi, as with a wall or a body in between.',
    lasts: true,
    begin: ({ air, scooterController }) => air.block(scooterController),
  }),
  'radio.loss': defineFault({
    about: 'Radio packets are lost; within a connection they are retransmitted.',
    lasts: true,
    parameters: {
      share: {
        kind: share(0, 0.95),
        default: 0.2,
        typical: [0.05, 0.6],
        about: 'Share of packets that are lost.',
      },
    },
    begin: ({ air }, { share: loss }) => overrideProperty(air.conditions, 'loss', loss),
  }),
  'radio.delay': defineFault({
    about: 'Data arrive late, as on a shared antenna.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.001, 60),
        default: 0.3,
        typical: [0.02, 2],
        about: 'Delay.',
      },
    },
    begin: ({ air }, { by }) => overrideProperty(air.conditions, 'delayMs', by),
  }),
};
