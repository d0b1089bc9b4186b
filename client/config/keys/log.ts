import type { Section } from '../key.ts';
import { oneOf } from '../values.ts';

/** Keys of `[log]`. */
export const log = {
  about: 'What the client tells about itself.',
  absence: 'defaults',
  keys: {
    level: {
      field: 'level',
      kind: oneOf('trace', 'debug', 'info', 'warn', 'error'),
      default: 'info',
      about: 'The least serious events that are still reported.',
    },
    format: {
      field: 'format',
      kind: oneOf('text', 'json'),
      default: 'text',
      about: 'One line per event, for people or for programs.',
    },
  },
} as const satisfies Section;
