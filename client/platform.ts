import { existsSync } from 'node:fs';
import mqtt from 'mqtt';
import { SerialPort } from 'serialport';
import { parseAdapter, type Adapter } from '../hci/adapter.ts';
import type { HciChannel } from '../hci/socket.ts';
import type { SerialPortLike } from './gps/serial-connection.ts';
import type { LogSink } from './log.ts';
import { diskPauseFiles, type PauseFiles } from './pause/pause-files.ts';
import { systemRandom, type Random } from './random.ts';
import type { OpenMqtt } from './uplink/connection.ts';
import { diskRoom } from './outbox/disk-room.ts';
import type { StoreRoom } from './outbox/open.ts';

/** Everything through which the client touches the world. Whoever composes a client hands these in. */
export interface Platform {
  /** The Bluetooth adapter of a name; throws AdapterError where there is none such, or not on that channel. */
  readonly adapter: (name: string, channel?: HciChannel) => Adapter;
  /** A serial port that does not open by itself. */
  readonly openPort: (path: string, baudRate: number) => SerialPortLike;
  readonly openMqtt: OpenMqtt;
  /** Where the outbox keeps its store. */
  readonly stores: StoreRoom;
  /** Where `martinete pause` leaves word for the client that runs. */
  readonly pauseFiles: PauseFiles;
  readonly random: Random;
  /** Whether the wall clock is known to be right. */
  readonly clockSynced: () => boolean;
  readonly env: NodeJS.ProcessEnv;
  /** What commands answer. */
  readonly out: LogSink;
  /** What happens meanwhile. */
  readonly log: LogSink;
}

/** systemd-timesyncd touches this file at every successful synchronisation since boot. */
const CLOCK_SYNCED_FILE = '/run/systemd/timesync/synchronized';

/** The platform of a real machine. */
export const systemPlatform: Platform = {
  adapter: parseAdapter,
  openPort: (path, baudRate) => new SerialPort({ path, baudRate, autoOpen: false }),
  openMqtt: (url, options) => mqtt.connect(url, options),
  stores: diskRoom,
  pauseFiles: diskPauseFiles,
  random: systemRandom,
  clockSynced: () => existsSync(CLOCK_SYNCED_FILE),
  env: process.env,
  out: process.stdout,
  log: process.stderr,
};
