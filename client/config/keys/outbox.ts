import type { Section } from '../key.ts';
import { MAX_AGE_S } from '../limits.ts';
import { duration, integer, oneOf, path } from '../values.ts';

/** Keys of `[outbox]`. */
export const outbox = {
  about: 'Samples on their way: they are kept on disk until the broker has confirmed them.',
  absence: 'defaults',
  keys: {
    path: { field: 'path', kind: path(), default: '.martinete/outbox', about: 'Folder of the store.' },
    max_count: {
      field: 'maxCount',
      kind: integer('samples', 1, 100_000_000),
      default: 1_000_000,
      about: 'How many samples are kept: at one every 5 s the default lasts 57 days.',
    },
    max_bytes: {
      field: 'maxBytes',
      kind: integer('bytes', 10_000, 1_000_000_000_000),
      default: 1_000_000_000,
      about: 'How many bytes of samples are kept; the store takes somewhat more on the disk.',
    },
    max_age: {
      field: 'maxAgeMs',
      kind: duration(1, MAX_AGE_S),
      default: 31_536_000,
      about:
        'How long a sample is kept. Without a clock that is right, samples of earlier starts do not age.',
    },
    when_full: {
      field: 'whenFull',
      kind: oneOf('drop-oldest', 'drop-newest'),
      default: 'drop-oldest',
      about:
        'What gives way when there is no room. Each sample that does is announced on <base_topic>/health.',
    },
  },
} as const satisfies Section;
