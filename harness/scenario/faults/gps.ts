import { oneOf } from '../../../client/config/values.ts';
import { UNLISTED_REPLIES } from '../../../simulator/gps/gpsd.ts';
import type { MeasuredPosition } from '../../../simulator/gps/measured-position.ts';
import { PORT_FAILURES } from '../../world/serial/virtual-serial.ts';
import { addBehaviour } from './add-behaviour.ts';
import { defineFault } from './fault.ts';

/** What a receiver does not know. */
const LACKING = {
  altitude: { altitudeM: undefined, isFlat: true },
  motion: { speedKmh: undefined, courseDeg: undefined },
} as const;

/** Faults of the GPS receiver. */
export const gpsFaults = {
  'gps.silence': defineFault({
    about: 'The receiver sends nothing.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { bytes: () => undefined }),
  }),
  'gps.unplug': defineFault({
    about: 'The receiver is unplugged: its serial port is gone.',
    lasts: true,
    begin: ({ serial }) => {
      serial?.unplug();
      return () => serial?.plug();
    },
  }),
  'gps.hang': defineFault({
    about: 'The serial port of the receiver disappears for a moment; then opening it hangs.',
    lasts: true,
    begin: ({ serial }) => serial?.hang(),
  }),
  'gps.garbage': defineFault({
    about: 'The receiver sends garbage, as at a wrong baud rate.',
    lasts: true,
    begin: ({ gps }, _values, random) =>
      addBehaviour(gps.behaviours, { bytes: (bytes) => random.bytes(bytes.length) }),
  }),
  'gps.nofix': defineFault({
    about: 'The receiver has too few satellites for a fix.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { position: () => undefined }),
  }),
  'gps.estimated': defineFault({
    about:
      'The receiver estimates its position by dead reckoning, as in a tunnel: mode E, quality 6, status 5 of gpsd; a modem ' +
      'reports none.',
    lasts: true,
    parameters: {
      said_by: {
        kind: oneOf('all', 'GGA'),
        default: 'all',
        about:
          'Sentences of an NMEA receiver that say so: all, or only GGA if it is sent at all, as of a receiver before NMEA ' +
          '2.3, whose RMC and GLL have no mode.',
      },
    },
    begin: ({ gps }, { said_by: saidBy }) =>
      addBehaviour(gps.behaviours, { isEstimated: true, isOnlyInGga: saidBy === 'GGA' }),
  }),
  'gps.remembered': defineFault({
    about:
      'The receiver has no fix, and repeats its last position with a status that says so: V, quality 0 and mode N; of the ' +
      'modems only a SIM7070 does, and gpsd leaves it out.',
    source: 'gpsd, driver_nmea0183.c: receivers that send a position with the status V',
    lasts: true,
    isDrawn: false,
    begin: ({ gps }) => {
      let last: MeasuredPosition | undefined;
      return addBehaviour(gps.behaviours, { isLastKnown: true, position: (position) => (last ??= position) });
    },
  }),
  'gps.partial': defineFault({
    about:
      'The receiver does not know everything: its fix is in two dimensions, without an altitude, or it knows neither speed ' +
      'nor course. It leaves them out; a modem of Quectel repeats what it last knew.',
    source:
      'gpsd_json(5): mode 2, and optional alt, speed and track; SIMCom, SIM7500_SIM7600 Series AT Command Manual, V2.00, 24.2.5: ' +
      'optional values of +CGPSINFO; Quectel, EC2x&EG9x&EG2x-G&EM05 Series GNSS Application Note, V1.3: <fix> 2 of +QGPSLOC',
    lasts: true,
    isDrawn: false,
    parameters: {
      lacks: { kind: oneOf('altitude', 'motion'), default: 'altitude', about: 'What it does not know.' },
    },
    begin: ({ gps }, { lacks }) =>
      addBehaviour(gps.behaviours, {
        position: (position) => position && { ...position, ...LACKING[lacks] },
      }),
  }),
  'gps.checksum': defineFault({
    about: 'An NMEA receiver sends sentences without checksum, or with a wrong one.',
    source: 'NMEA 0183, version 2.0: most sentences need no checksum',
    lasts: true,
    isDrawn: false,
    parameters: {
      how: { kind: oneOf('none', 'wrong'), default: 'none', about: 'What becomes of the checksums.' },
    },
    begin: ({ gps }, { how }) =>
      addBehaviour(gps.behaviours, { bytes: (bytes) => withoutChecksum(bytes, how === 'wrong') }),
  }),
  'gps.unlisted': defineFault({
    about:
      'gpsd has lost its receiver: it reports nothing, and tells who asks that it has none. Other receivers do not change.',
    source: 'gpsd_json(5): DEVICES and ERROR',
    lasts: true,
    isDrawn: false,
    parameters: {
      answer: {
        kind: oneOf(...UNLISTED_REPLIES),
        default: 'list',
        about: 'What it answers to the request for reports: an empty list of receivers, or an error.',
      },
    },
    begin: ({ gps }, { answer }) => addBehaviour(gps.behaviours, { unlisted: answer }),
  }),
  'gps.fail': defineFault({
    about: 'The open port of the receiver fails by itself.',
    source: 'serialport: events error and close of a stream; Node.js: event end of a socket, to gpsd',
    lasts: false,
    isDrawn: false,
    parameters: {
      how: {
        kind: oneOf(...PORT_FAILURES),
        default: 'error',
        about: 'Whether by an error, which leaves it open, by a close, or by the end of its data.',
      },
    },
    begin: ({ serial }, { how }) => {
      serial?.fail(how);
      return undefined;
    },
  }),
  'gps.denied': defineFault({
    about:
      'The serial port of the receiver disappears for a moment; then the client may not open it, as before udev has set its group.',
    source: 'serialport: "Permission denied, cannot open"',
    lasts: true,
    isDrawn: false,
    begin: ({ serial }) => serial?.deny(),
  }),
  'gps.unclosable': defineFault({
    about:
      'Closing the serial port of the receiver hangs, as while the kernel waits for data to be written; until it completes, ' +
      'the port cannot be opened again.',
    source: 'Linux, drivers/tty/serial: closing_wait',
    lasts: true,
    isDrawn: false,
    begin: ({ serial }) => serial?.hangClosing(),
  }),
  'gps.repeat': defineFault({
    about: 'A modem repeats its latest measurement; other receivers do not.',
    lasts: true,
    begin: ({ gps }) => addBehaviour(gps.behaviours, { isRepeating: true }),
  }),
  'gps.restart': defineFault({
    about:
      'The receiver restarts, and sends nothing meanwhile. The GPS of a modem is off afterwards, until it is switched on.',
    lasts: true,
    begin: ({ gps }) => {
      const endSilence = addBehaviour(gps.behaviours, { bytes: () => undefined });
      return () => {
        gps.restart();
        endSilence();
      };
    },
  }),
  'gps.stuck': defineFault({
    about: 'The receiver sends garbage until its port is opened again.',
    lasts: false,
    begin: ({ gps, serial }, _values, random) => {
      const end = addBehaviour(gps.behaviours, { bytes: (bytes) => random.bytes(bytes.length) });
      const endAtOpening = serial?.whenOpened(end);
      return () => {
        endAtOpening?.();
        end();
      };
    },
  }),
};

/** Sentences without their checksums, or with wrong ones; the same bytes if there are none. */
function withoutChecksum(bytes: Buffer, isWrong: boolean): Buffer {
  const text = bytes.toString('latin1');
  const changed = text.replaceAll(/^(\$.*)\*([\dA-F]{2})(?=\r)/gm, (_sentence, body: string, sum: string) =>
    isWrong ? `${body}*${(Number.parseInt(sum, 16) ^ 1).toString(16).toUpperCase().padStart(2, '0')}` : body,
  );
  return changed === text ? bytes : Buffer.from(changed, 'latin1');
}
