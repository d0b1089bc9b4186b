import mqtt from 'mqtt';
import { SerialPort } from 'serialport';
import { parseAdapter, type Adapter } from '../hci/adapter.ts';
import type { HciChannel } from '../hci/socket.ts';
import { parseGpsdUrl } from './gps/gpsd/address.ts';
import { GpsdPort } from './gps/gpsd/gpsd-port.ts';
import type { ClockSource } from './clock-sync.ts';
import { serialPortProblem } from './gps/port-check.ts';
import type { SerialPortLike } from './gps/serial-connection.ts';
import type { LogSink } from './log.ts';
import type { Output } from './process-output.ts';
import { diskPauseFiles, type PauseFiles } from './pause/pause-files.ts';
import { onProcessWarning } from './process-warnings.ts';
import { systemRandom, type Random } from './random.ts';
import { systemClock } from './system-clock.ts';
import { systemUptime, type Uptime } from './uptime.ts';
import type { OpenMqtt } from './uplink/connection.ts';
import { diskStores } from './outbox/store/disk-stores.ts';
import type { StoreProvider } from './outbox/store/store-provider.ts';

/** Everything outside the client that it uses; passed in by whoever creates the client. */
export interface Platform {
  /** The Bluetooth adapter with a name. @throws AdapterError if it does not exist, or not on that channel. */
  readonly adapter: (name: string, channel?: HciChannel) => Adapter;
  /** A serial port, or a connection to gpsd at `gpsd://host`; not yet opened. */
  readonly openPort: (path: string, baudRate: number) => SerialPortLike;
  /** Explains why a serial port cannot be opened; `undefined` if it probably can. Opens nothing. */
  readonly serialPortProblem: (path: string) => string | undefined;
  readonly openMqtt: OpenMqtt;
  /** The stores of the outbox. */
  readonly stores: StoreProvider;
  /** The files by which `martinete pause` controls the running client. */
  readonly pauseFiles: PauseFiles;
  /** The time since the machine was booted; undefined if it is unknown. */
  readonly uptime: () => Uptime | undefined;
  readonly random: Random;
  /** Passes the warnings of the process to a listener, instead of printing them, until the returned function is called. */
  readonly onWarning: (listener: (warning: Error) => void) => () => void;
  readonly clock: ClockSource;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output: results of commands. */
  readonly out: Output;
  /** Standard error: log and error messages. */
  readonly log: LogSink;
}

/** The platform of a real machine. */
export const systemPlatform: Platform = {
  adapter: parseAdapter,
  openPort: (path, baudRate) => {
    const address = parseGpsdUrl(path);
    return address ? new GpsdPort(address) : new SerialPort({ path, baudRate, autoOpen: false });
  },
  serialPortProblem,
  openMqtt: (url, options) => mqtt.connect(url, options),
  stores: diskStores,
  pauseFiles: diskPauseFiles,
  uptime: systemUptime,
  random: systemRandom,
  onWarning: onProcessWarning,
  clock: systemClock(),
  env: process.env,
  out: process.stdout,
  log: process.stderr,
};
