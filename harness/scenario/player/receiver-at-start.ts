import type { Config, Overrides } from '../../../client/config/schema.ts';
import { isGpsdUrl } from '../../../client/gps/gpsd/address.ts';
import type { ReceiverProperties, WorldOptions } from '../../world/world.ts';
import type { GpsOptions } from '../format/scenario.ts';

const SERIAL_PORT = '/dev/ttyUSB2';

/** Configuration of the client for a receiver; undefined without one. */
export function serialPreset({ receiver }: GpsOptions): Overrides['serial'] {
  if (receiver === 'none') return undefined;
  return { serial_port: receiver === 'gpsd' ? 'gpsd://localhost' : SERIAL_PORT };
}

/**
 * The receiver of a scenario.
 * @param now satellite time
 */
export function receiverAtStart(
  { receiver, rateHz, sentences, hasModes, dateEvery, baudRate, angles }: GpsOptions,
  serial: Config['serial'],
  now: () => Date,
): Required<Pick<WorldOptions, 'gps' | 'receiver'>> {
  const common: ReceiverProperties = {
    sentences,
    hasModes,
    dateEvery,
    angles,
    intervalMs: 1000 / rateHz,
    ...(baudRate !== undefined && { baudRate }),
    ...(serial && { speedUnit: serial.speedUnit }),
    now,
  };
  return { gps: receiver === undefined || receiver === 'none' ? kindOf(serial) : receiver, receiver: common };
}

/** The receiver that a client is configured for. */
function kindOf(serial: Config['serial']): 'nmea' | 'sim7600' | 'gpsd' {
  if (serial && isGpsdUrl(serial.serialPort)) return 'gpsd';
  return serial?.protocol === 'sim7600' ? 'sim7600' : 'nmea';
}
