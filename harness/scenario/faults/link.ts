import { oneOf } from '../../../client/config/values.ts';
import { STATUS } from '../../world/radio/events.ts';
import { fault } from './fault.ts';
import { impose } from './impose.ts';

/** What becomes of the connection between Pi and scooter. */
export const linkFaults = {
  'link.drop': fault({
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
  'link.refuse': fault({
    about: 'Connection requests are not answered: every attempt fails to be established.',
    lasts: true,
    begin: ({ air }) => impose(air.conditions, 'refusing', true),
  }),
  'link.stall': fault({
    about: 'The connection lives, but what is sent over it never arrives.',
    lasts: true,
    begin: ({ air }) => impose(air.conditions, 'stalled', true),
  }),
};
