import { LibraryLog } from './ble/library-log.ts';
import { ActivityReport } from './activity-report.ts';
import { openCentral } from './ble/noble-central.ts';
import type { Config } from './config/schema.ts';
import { ClockSync } from './clock-sync.ts';
import { Counters } from './counters.ts';
import { CurrentToken } from './current-token.ts';
import type { Platform } from './platform.ts';
import { ClientError, type ErrorCode } from './errors.ts';
import { isFresh } from './sample-payload.ts';
import { startGps } from './gps/start.ts';
import type { Logger } from './log.ts';
import { Outbox } from './outbox/outbox.ts';
import type { ScooterState } from './scooter/connection.ts';
import { PauseMonitor } from './pause/pause-monitor.ts';
import { pausePath } from './pause/pause.ts';
import { superviseScooter } from './scooter/supervisor.ts';
import { takeSample } from './take-sample.ts';
import { credentialsOf } from './uplink/credentials.ts';
import { healthReport } from './uplink/health.ts';
import { Uplink } from './uplink/uplink.ts';
import { VERSION } from './version.ts';
import { throwIfAborted } from './wait.ts';

const BOOT_ID_BYTES = 8;
/** Time for the last samples to reach the broker before a final failure ends the process. */
const FINAL_DRAIN_MS = 30_000;

/** The scooter state to publish on a final failure. After any other failure the process ends at once, to be restarted. */
const FINAL_STATE: Partial<Record<ErrorCode, ScooterState>> = {
  token_refused: 'refused',
  not_found: 'away',
  lost_too_long: 'away',
};

/**
 * Runs the client: scooter, GPS, outbox and uplink, independent of each other. Only the scooter part can end it.
 * @returns when `signal` aborts.
 * @throws ClientError with the exit code of the failure that ended it.
 */
export async function runClient(
  config: Config,
  platform: Platform,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  const credentials = credentialsOf(config.mqtt, platform.env);
  const { adapter, hciChannel } = config.scooter;
  const { warning } = platform.adapter(adapter, hciChannel);
  if (warning !== undefined) log.warn({ adapter }, warning);
  const bootId = platform.random.bytes(BOOT_ID_BYTES).toString('hex');
  const counters = new Counters();
  const clock = new ClockSync(platform.clock, log);
  const outbox = Outbox.start({
    bootId,
    bounds: config.outbox,
    syncIntervalMs: config.outbox.syncIntervalMs,
    now: () => ({ atMs: performance.now(), wallMs: Date.now(), clockSynced: clock.isSynced }),
    stores: platform.stores,
    path: config.outbox.path,
    log,
  });
  const uplink = new Uplink({
    config: config.mqtt,
    credentials,
    openMqtt: platform.openMqtt,
    outbox,
    counters,
    health: (ranges) => healthReport({ bootId, version: VERSION, counters, outbox, clock }, ranges),
    random: platform.random,
    log,
  });
  const end = new AbortController();
  const clockEnd = clock.run(end.signal);
  const uplinkEnd = uplink.run(end.signal).catch(() => undefined);
  const { pauseFiles: files, uptime } = platform;
  const pauses = new PauseMonitor({ files, path: pausePath(config.outbox.path), uptime, log });
  const gps = startGps(config.serial, platform, log);
  const activity = new ActivityReport({ outbox, counters, log });
  const { nofix } = config.mqtt;
  const token = new CurrentToken(config.scooter.tokenFilePath, log);
  const libraries = new LibraryLog(log, platform.onWarning);
  let failure: unknown;
  try {
    await superviseScooter({
      config: config.scooter,
      pollIntervalMs: config.mqtt.sendIntervalMs,
      token,
      remainingPauseMs: () => pauses.check(),
      openCentral: (stop) => openCentral(platform.adapter(adapter, hciChannel), stop, libraries.onProblem),
      random: platform.random,
      counters,
      log,
      onTelemetry: (telemetry) => {
        takeSample(telemetry, gps?.latest, {
          noFixPolicy: nofix,
          clockSynced: clock.isSynced,
          outbox,
          uplink,
          counters,
        });
        activity.sampleTaken({
          batteryPercent: telemetry.battery?.chargePercent ?? null,
          hasFix: isFresh(gps?.latest, performance.now()),
        });
      },
      onState: (state) => {
        if (state === 'connected') activity.scooterConnected();
        uplink.publishScooterState(state);
      },
      signal: AbortSignal.any([signal, outbox.failed]),
    });
  } catch (error) {
    if (signal.aborted) return;
    const finalState = error instanceof ClientError ? FINAL_STATE[error.code] : undefined;
    if (finalState) {
      uplink.publishScooterState(finalState);
      if (outbox.usage.count > 0) {
        log.error(
          { err: error },
          `giving up, waiting up to ${FINAL_DRAIN_MS / 1000} s for the last samples to reach the broker`,
        );
      }
      await outbox.drained(FINAL_DRAIN_MS, AbortSignal.any([signal, end.signal]));
    }
    failure = error;
  } finally {
    activity.close();
    end.abort(new ClientError('aborted', 'The client is ending'));
    await gps?.close();
    await uplinkEnd;
    await clockEnd;
    await outbox.close();
    libraries.close();
  }
  // A stop requested meanwhile takes precedence over the failure.
  throwIfAborted(signal);
  throw failure;
}
