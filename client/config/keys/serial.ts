import type { Section } from '../key.ts';
import { MAX_PAUSE_S, MIN_PAUSE_S } from '../limits.ts';
import { duration, integer, oneOf, serialPort } from '../values.ts';

/** Keys of `[serial]`. */
export const serial = {
  about: 'The GPS receiver. Without this section the samples have no position.',
  ifMissing: 'disabled',
  keys: {
    serial_port: {
      field: 'serialPort',
      kind: serialPort(),
      example: '/dev/ttyUSB2',
      about:
        'Serial port of the receiver. Its name in /dev/serial/by-id does not depend on other devices. A ' +
        'SIM7600 accepts AT commands on /dev/ttyUSB2, and sends NMEA on /dev/ttyUSB1. A receiver that gpsd ' +
        'uses is read through it: "gpsd://localhost".',
    },
    baudrate: {
      field: 'baudRate',
      kind: integer('bit/s', 50, 4_000_000),
      default: 115_200,
      about: 'Baud rate of the port. gpsd has its own.',
    },
    protocol: {
      field: 'protocol',
      kind: oneOf('auto', 'nmea', 'sim7600'),
      default: 'auto',
      about:
        'Protocol of the receiver: "nmea", sentences that it sends unasked, or "sim7600", AT commands that ' +
        'switch on and query a SIM7600 or another modem that docs/client.md lists. "auto" listens, and sends ' +
        'AT commands only if nothing is received for 2 s. gpsd requires "auto".',
    },
    speed_unit: {
      field: 'speedUnit',
      kind: oneOf('knots', 'kmh'),
      default: 'knots',
      about:
        'Unit of the speed in the responses of a SIM7600, which depends on its firmware. NMEA always has ' +
        'knots.',
    },
    reopen_interval: {
      field: 'reopenIntervalMs',
      kind: duration(MIN_PAUSE_S, MAX_PAUSE_S),
      default: 5,
      about:
        'Pause before a port that failed or stopped sending is opened again. For gpsd it doubles with each ' +
        'failed attempt, up to 30 s.',
    },
  },
} as const satisfies Section;
