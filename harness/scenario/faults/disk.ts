import { oneOf } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { defineFault } from './fault.ts';

/** Faults of the disk that holds the outbox. */
export const diskFaults = {
  'disk.full': defineFault({
    about: 'The disk is full: writes fail with ENOSPC.',
    lasts: true,
    begin: ({ disk }) => disk.fail({ code: 'ENOSPC' }),
  }),
  'disk.error': defineFault({
    about: 'Writes to the disk fail with EIO.',
    lasts: true,
    parameters: {
      reads: { kind: oneOf('work', 'fail'), default: 'work', about: 'Whether reads fail as well.' },
    },
    begin: ({ disk }, { reads }) => disk.fail({ code: 'EIO', reads: reads === 'fail' }),
  }),
  'disk.damage': defineFault({
    about:
      'A table of the outbox is damaged: it cannot be read until the client has repaired it, which loses no sample.',
    lasts: false,
    begin: ({ disk }) => {
      disk.damageTables();
    },
  }),
  'disk.slow': defineFault({
    about: 'Every operation of the disk takes a long time.',
    lasts: true,
    parameters: {
      by: {
        kind: duration(0.001, 3_600),
        default: 10,
        typical: [0.1, 20],
        about: 'Duration of each operation.',
      },
    },
    begin: ({ disk }, { by }) => disk.slow(by),
  }),
};
