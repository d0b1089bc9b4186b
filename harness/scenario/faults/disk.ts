import { oneOf } from '../../../client/config/values.ts';
import { duration } from '../format/values.ts';
import { downgrade, OLD_LAYOUTS, ROW_DAMAGES } from '../../world/disk/store-damage.ts';
import { PAUSE_FILE_FAULTS } from '../../world/disk/virtual-pause-files.ts';
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
  'disk.pausefile': defineFault({
    about: 'The pause file cannot be read, is no pause file, or cannot be written or removed.',
    source: 'open(2), unlink(2): EACCES, EROFS',
    lasts: true,
    isDrawn: false,
    parameters: {
      how: { kind: oneOf(...PAUSE_FILE_FAULTS), default: 'unreadable', about: 'What is wrong with it.' },
    },
    begin: ({ pauseFiles }, { how }) => pauseFiles.fail(how),
  }),
  'disk.locked': defineFault({
    about:
      'Another program opens the outbox as soon as the client does not have it open, as a second client or a backup of a running one.',
    source: 'LevelDB: the file LOCK',
    lasts: true,
    isDrawn: false,
    parameters: {
      shown: {
        kind: oneOf('yes', 'no'),
        default: 'yes',
        about: 'Whether the system shows the lock in `/proc/locks`; otherwise only opening the outbox fails.',
      },
    },
    begin: ({ disk }, { shown }) => disk.lock(shown === 'yes'),
  }),
  'disk.rows': defineFault({
    about:
      'A row of the outbox is damaged or missing: a sample, or a part of its index. It takes a client that is stopped.',
    source: 'LevelDB verifies its checksums of blocks only if paranoid_checks is set',
    lasts: false,
    isDrawn: false,
    parameters: {
      which: {
        kind: oneOf(...ROW_DAMAGES),
        default: 'sample-damaged',
        about: 'Which row, and what happens to it.',
      },
    },
    begin: (simulation, { which }, { unit }) => {
      simulation.damageRow(which, unit());
      return undefined;
    },
  }),
  'disk.layout': defineFault({
    about:
      'The outbox is one that an earlier version of the client has written, as before an update. It takes a client that is stopped.',
    source: 'fixtures/stores',
    lasts: false,
    isDrawn: false,
    parameters: {
      layout: { kind: oneOf(...OLD_LAYOUTS), default: '1', about: 'Its layout.' },
    },
    begin: ({ disk }, { layout }) => {
      disk.edit((content) => downgrade(content, layout));
      return undefined;
    },
  }),
  'disk.crash': defineFault({
    about:
      'The outbox is damaged so that reading it ends the process, until it has been repaired, which loses no sample.',
    source: 'LevelDB: damaged blocks can end the process by SIGSEGV or SIGBUS',
    lasts: false,
    isDrawn: false,
    begin: ({ disk }) => {
      disk.damageStores('crash');
      return undefined;
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
