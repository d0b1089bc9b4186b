import type { Section } from '../key.ts';
import { oneOf } from '../values.ts';

/** Keys of `[log]`. */
export const log = {
  about: 'The log of the client.',
  ifMissing: 'defaults',
  keys: {
    level: {
      field: 'level',
      kind: oneOf('trace', 'debug', 'info', 'warn', 'error'),
      default: 'info',
      about: 'Minimum level of the events that are logged.',
    },
    format: {
      field: 'format',
      kind: oneOf('text', 'json'),
      default: 'text',
      about: 'One line per event, for people or for programs.',
    },
  },
} as const satisfies Section;
