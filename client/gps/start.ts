import type { Config } from '../config/schema.ts';
import type { Edges } from '../edges.ts';
import type { Logger } from '../log.ts';
import { GpsPort } from './port.ts';

/** Starts the receiver of a configuration, and tells in the log what becomes of it; undefined where there is none. */
export function startGps(
  serial: Config['serial'],
  openPort: Edges['openPort'],
  log: Logger,
): GpsPort | undefined {
  if (!serial) {
    log.info('no [serial] section: samples have no position');
    return undefined;
  }
  let hasFix = false;
  const gps = new GpsPort({
    path: serial.serialPort,
    baudRate: serial.baudRate,
    reopenIntervalMs: serial.reopenIntervalMs,
    openPort,
    listener: {
      onFix: ({ latitude, longitude }) => {
        if (!hasFix) log.info({ latitude, longitude }, 'GPS fix');
        hasFix = true;
      },
      onNoFix: () => {
        hasFix = false;
        log.warn('no GPS fix');
      },
      onOpen: () => log.info({ port: serial.serialPort }, 'GPS receiver opened'),
      onLost: (reason) => log.warn({ reason }, 'no GPS receiver: samples have no position meanwhile'),
    },
  });
  gps.start();
  return gps;
}
