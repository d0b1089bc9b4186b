import { oneOf } from '../../../client/config/values.ts';
import { STATUS } from '../../world/radio/status.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** Faults of the connection between Pi and scooter. */
export const linkFaults = {
  'link.drop': defineFault({
    about: 'The connection is lost.',
    lasts: false,
    parameters: {
      by: {
        kind: oneOf('supervision', 'scooter'),
        default: 'supervision',
        about: 'Whether the supervision timeout expires on both sides, or the scooter disconnects.',
      },
    },
    begin: ({ air, scooterController }, { by }) => {
      for (const link of air.links) {
        if (link.peripheral !== scooterController) continue;
        if (by === 'scooter') link.terminate(scooterController, STATUS.remoteUserTerminated);
        else link.drop();
      }
      return undefined;
    },
  }),
  'link.refuse': defineFault({
    about: 'Connection requests are not answered: no connection can be established.',
    lasts: true,
    begin: ({ air }) => overrideProperty(air.conditions, 'refusing', true),
  }),
  'link.stall': defineFault({
    about: 'The connection stays up, but data sent over it are lost.',
    lasts: true,
    begin: ({ air }) => overrideProperty(air.conditions, 'stalled', true),
  }),
};
