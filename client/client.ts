import { openCentral } from './ble/noble-central.ts';
import type { Config } from './config/schema.ts';
import type { Edges } from './edges.ts';
import { ClientError } from './errors.ts';
import { GpsPort } from './gps/port.ts';
import type { Logger } from './log.ts';
import { encodeSample } from './sample.ts';
import type { Telemetry } from './scooter/poll.ts';
import { superviseScooter } from './scooter/supervisor.ts';
import { readToken } from './token-file.ts';
import { keepUplink } from './uplink/broker.ts';
import { Outbox } from './uplink/outbox.ts';

const BOOT_ID_BYTES = 8;
/** How long the last samples may take to reach the broker before a final failure ends the process. */
const LAST_DRAIN_MS = 30_000;

/**
 * The client from its start to its end: scooter, GPS, outbox and uplink, none of which waits for another. Only the
 * scooter can end it for good.
 * @returns when `signal` aborts.
 * @throws ClientError with the exit code of what made it give up.
 */
export async function runClient(
  config: Config,
  edges: Edges,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const token = readToken(config.scooter.tokenFilePath);
  const store = edges.openStore(config.outbox.path);
  const outbox = await Outbox.open(store, edges.random.bytes(BOOT_ID_BYTES).toString('hex'));
  const parts = new AbortController();
  const gps = startGps(config, edges, log);
  const uplink = keepUplink({
    config: config.mqtt,
    openMqtt: edges.openMqtt,
    outbox,
    random: edges.random,
    log,
    signal: parts.signal,
  }).catch(() => undefined);
  try {
    await superviseScooter({
      config: config.scooter,
      pollIntervalMs: config.mqtt.sendIntervalMs,
      token,
      openCentral: (stop) => openCentral(edges.adapter(config.scooter.adapter), stop),
      random: edges.random,
      log,
      onTelemetry: (telemetry) => take(telemetry, { config, edges, log, outbox, gps }),
      onState: () => undefined,
      signal,
    });
  } catch (error) {
    if (signal.aborted) return;
    await outbox.drained(LAST_DRAIN_MS, parts.signal);
    throw error;
  } finally {
    parts.abort(new ClientError('aborted', 'The client ends'));
    await gps?.close();
    await uplink;
    await store.close();
  }
}

interface TakeOptions {
  readonly config: Config;
  readonly edges: Edges;
  readonly log: Logger;
  readonly outbox: Outbox;
  readonly gps: GpsPort | undefined;
}

/** Makes a sample of what the scooter just said, and stores it. */
function take(telemetry: Telemetry, { config, edges, log, outbox, gps }: TakeOptions): void {
  const reading = {
    telemetry,
    fix: gps?.latest,
    takenAt: new Date(),
    takenAtMs: performance.now(),
    clockSynced: edges.clockSynced(),
  };
  outbox
    .append((id) => encodeSample({ ...reading, ...id }, config.mqtt.nofix))
    .catch((error: unknown) => log.error({ err: error }, 'a sample could not be stored'));
}

function startGps({ serial }: Config, edges: Edges, log: Logger): GpsPort | undefined {
  if (!serial) {
    log.info('no [serial] section: samples have no position');
    return undefined;
  }
  let hasFix = false;
  const gps = new GpsPort({
    path: serial.serialPort,
    baudRate: serial.baudRate,
    reopenIntervalMs: serial.reopenIntervalMs,
    openPort: edges.openPort,
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
