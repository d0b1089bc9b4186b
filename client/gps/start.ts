import type { Config } from '../config/schema.ts';
import type { Platform } from '../platform.ts';
import type { Logger } from '../log.ts';
import type { Random } from '../random.ts';
import { AutoReader } from './auto-reader.ts';
import { isGpsdUrl } from './gpsd/address.ts';
import { GpsdReader } from './gpsd/gpsd-reader.ts';
import { ModemReader } from './modem/modem-reader.ts';
import type { SpeedUnit } from './modem/position.ts';
import { NmeaReader } from './nmea/nmea-reader.ts';
import { GpsPort, type GpsPortOptions } from './port.ts';
import type { GpsReader } from './reader.ts';

type Serial = NonNullable<Config['serial']>;

/** The longest pause before another attempt to connect to gpsd. */
const MAX_GPSD_PAUSE_MS = 30_000;

const READERS: Readonly<Record<Serial['protocol'], (speedUnit: SpeedUnit) => GpsReader>> = {
  auto: (speedUnit) => new AutoReader(speedUnit),
  nmea: () => new NmeaReader(),
  sim7600: (speedUnit) => new ModemReader(speedUnit),
};

/** Starts the configured GPS receiver and logs its state; undefined if none is configured. */
export function startGps(
  serial: Serial | undefined,
  { openPort, random }: Pick<Platform, 'openPort' | 'random'>,
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
    ...(isGpsdUrl(serial.serialPort) ? gpsdOptions(random) : serialOptions(serial)),
    listener: {
      onFix: () => {
        // A log must not tell where somebody lives.
        if (!hasFix) log.info('GPS fix');
        hasFix = true;
      },
      onNoFix: () => {
        hasFix = false;
        log.warn('no GPS fix');
      },
      onStillNoFix: (seconds, reason) => log.warn(`no position for ${seconds} s: ${reason}`),
      onDetected: (protocol) => log.info({ port: serial.serialPort, protocol }, 'GPS receiver detected'),
      onLost: (reason) => log.warn({ reason }, 'no GPS receiver: samples have no position'),
    },
  });
  gps.start();
  return gps;
}

function serialOptions({ protocol, speedUnit }: Serial): Pick<GpsPortOptions, 'createReader'> {
  return { createReader: () => READERS[protocol](speedUnit) };
}

function gpsdOptions(random: Random): Pick<GpsPortOptions, 'createReader' | 'backoff' | 'garbageAdvice'> {
  return {
    createReader: () => new GpsdReader(),
    backoff: { maxReopenIntervalMs: MAX_GPSD_PAUSE_MS, random: random.unit },
    garbageAdvice: 'is that gpsd? Check host and port in serial_port',
  };
}
