import { oneOf } from '../../../client/config/values.ts';
import { STATUS } from '../../world/radio/status.ts';
import { defineFault } from './fault.ts';
import { overrideProperty } from './override-property.ts';

/** What becomes of the connection between Pi and scooter. */
export const linkFaults = {
  'link.drop': defineFault({
    about: 'The connection is gone in this moment.',
    lasts: false,
    parameters: {
      by: {
        kind: oneOf('supervision', 'scooter'),
        default: 'supervision',
        about: 'Whether both ends lose it, or the scooter hangs up.',
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
    about: 'Connection requests are not answered: every attempt fails to be established.',
    lasts: true,
    begin: ({ air }) => overrideProperty(air.conditions, 'refusing', true),
  }),
  'link.stall': defineFault({
    about: 'The connection lives, but what is sent over it never arrives.',
    lasts: true,
    begin: ({ air }) => overrideProperty(air.conditions, 'stalled', true),
  }),
};
