import type { Section } from '../key.ts';
import { MAX_AGE_S } from '../limits.ts';
import { duration, integer, oneOf, path } from '../values.ts';

/** Keys of `[outbox]`. */
export const outbox = {
  about: 'The samples are stored on disk until the broker has acknowledged them.',
  ifMissing: 'defaults',
  keys: {
    path: { field: 'path', kind: path(), default: '.martinete/outbox', about: 'Folder of the store.' },
    max_count: {
      field: 'maxCount',
      kind: integer('samples', 1, 100_000_000),
      default: 1_000_000,
      about: 'Maximum number of stored samples. At one every 5 s, the default lasts 57 days.',
    },
    max_bytes: {
      field: 'maxBytes',
      kind: integer('bytes', 10_000, 1_000_000_000_000),
      default: 1_000_000_000,
      about: 'Maximum size of the stored samples. The store needs slightly more space on the disk.',
    },
    max_age: {
      field: 'maxAgeMs',
      kind: duration(1, MAX_AGE_S),
      default: 31_536_000,
      about:
        'Maximum age of a stored sample. While the clock is not synchronised, samples of earlier starts do not expire.',
    },
    sync_interval: {
      field: 'syncIntervalMs',
      kind: duration(0, 3_600),
      default: 0,
      about:
        'Maximum time from taking a sample to writing it. A power cut loses the undelivered samples of this time. Samples ' +
        'acknowledged within it are never written, which reduces the wear of the SD card. 0 writes at once.',
    },
    when_full: {
      field: 'whenFull',
      kind: oneOf('drop-oldest', 'drop-newest'),
      default: 'drop-oldest',
      about:
        'Which samples to drop if the outbox is full. Every dropped sample is reported on <base_topic>/health.',
    },
  },
} as const satisfies Section;
