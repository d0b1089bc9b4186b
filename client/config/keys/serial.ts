import type { Section } from '../key.ts';
import { MAX_PAUSE_S, MIN_PAUSE_S } from '../limits.ts';
import { duration, integer, text } from '../values.ts';

/** Keys of `[serial]`. */
export const serial = {
  about: 'The GPS receiver. Without this section the samples have no position.',
  absence: 'off',
  keys: {
    serial_port: {
      field: 'serialPort',
      kind: text('a serial port such as "/dev/ttyUSB2"'),
      example: '/dev/ttyUSB2',
      about: 'Serial port on which the receiver speaks NMEA; a SIM7600 does so on /dev/ttyUSB1.',
    },
    baudrate: {
      field: 'baudRate',
      kind: integer('bit/s', 50, 4_000_000),
      default: 115_200,
      about: 'Speed of that port.',
    },
    reopen_interval: {
      field: 'reopenIntervalMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 5,
      about: 'Pause before a port that failed or fell silent is opened again.',
    },
  },
} as const satisfies Section;
