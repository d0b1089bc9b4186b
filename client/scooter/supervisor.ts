import { decodeManufacturerData } from '../../protocol/advertisement.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { DEFAULT_UNITS, modelOfType, type ModelUnits } from '../../protocol/models.ts';
import { Backoff } from '../backoff.ts';
import type { Central, Link, SeenDevice } from '../ble/central.ts';
import type { Config } from '../config/schema.ts';
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Counters } from '../counters.ts';
import type { Random } from '../random.ts';
import { pause } from '../wait.ts';
import { linkParameters, stepTimeoutMs } from './link-parameters.ts';
import { login } from './login.ts';
import { poll, type Telemetry } from './poll.ts';
import { search } from './search.ts';
import { Session } from './session.ts';

/** Where the scooter is, as far as the client can tell. */
export type ScooterState = 'searching' | 'connected' | 'away' | 'refused';

export interface SupervisorOptions {
  readonly config: Config['scooter'];
  readonly pollIntervalMs: number;
  readonly token: Buffer;
  readonly openCentral: (signal: AbortSignal) => Promise<Central>;
  readonly random: Random;
  readonly log: Logger;
  readonly onTelemetry: (telemetry: Telemetry) => void;
  readonly onState: (state: ScooterState) => void;
  readonly counters: Counters;
  readonly signal: AbortSignal;
}

/**
 * Keeps the scooter: finds it, connects, logs in, polls, and comes back to it whenever the link is lost.
 * Never returns.
 * @throws ClientError `not_found`, `lost_too_long`, `token_refused`, `adapter`, `unsupported_scooter`, or the reason
 * of the signal.
 */
export async function superviseScooter(options: SupervisorOptions): Promise<never> {
  const { config, signal, log, onState } = options;
  onState('searching');
  log.info({ mac: config.mac }, 'searching for the scooter');
  const central = await options.openCentral(signal);
  try {
    const device = await search(central, config.mac, { windowMs: config.searchWindowMs, signal });
    log.info({ scooter: device.name, rssi: device.rssi }, 'found the scooter');
    return await stayConnected(central, unitsOf(device), options);
  } finally {
    await central.close();
  }
}

async function stayConnected(
  central: Central,
  units: ModelUnits,
  options: SupervisorOptions,
): Promise<never> {
  const { config, signal, log, onState } = options;
  const backoff = new Backoff({
    minMs: config.retryMinMs,
    maxMs: config.retryMaxMs,
    random: options.random.unit,
  });
  let lostAtMs = performance.now();
  const remainingMs = (): number => lostAtMs + config.reconnectWindowMs - performance.now();
  const onPolled = (): void => {
    lostAtMs = performance.now();
    backoff.reset();
  };
  while (remainingMs() > 0) {
    try {
      const timeoutMs = Math.min(config.connectTimeoutMs, remainingMs());
      await oneLink(central, units, timeoutMs, onPolled, options);
    } catch (error) {
      if (!isPassing(error)) throw error;
      options.counters.linksLost += 1;
      log.warn({ reason: error.message }, 'no connection to the scooter');
    }
    onState('away');
    await pause(Math.max(0, Math.min(backoff.next(), remainingMs())), signal);
  }
  throw lostTooLong(config.reconnectWindowMs);
}

/** One connection from connect to its end; returns where the session is used up and a new login is due. */
async function oneLink(
  central: Central,
  units: ModelUnits,
  timeoutMs: number,
  onPolled: () => void,
  options: SupervisorOptions,
): Promise<void> {
  const { config, signal, log, token, random, counters, onState } = options;
  const link = await central.connect(config.mac, { parameters: linkParameters(config), timeoutMs, signal });
  let session: Session | undefined;
  try {
    const keys = await login(link, {
      token,
      randomBytes: random.bytes,
      stepTimeoutMs: stepTimeoutMs(config),
      signal,
    });
    counters.logins += 1;
    log.info('logged in to the scooter');
    session = await Session.open(link, keys, {
      requestTimeoutMs: config.requestTimeoutMs,
      totalTimeoutMs: stepTimeoutMs(config),
      randomBytes: random.bytes,
      signal,
    });
    onState('connected');
    await pollUntilUsedUp(link, session, units, onPolled, options);
  } finally {
    session?.close();
    await link.close();
  }
}

/** Polls at a fixed rate; a cycle that took too long is followed at once, and what it missed is not made up for. */
async function pollUntilUsedUp(
  link: Link,
  session: Session,
  units: ModelUnits,
  onPolled: () => void,
  { pollIntervalMs, onTelemetry, signal }: SupervisorOptions,
): Promise<void> {
  let dueMs = performance.now();
  while (!session.exhausted) {
    onTelemetry(await poll(session, units));
    onPolled();
    dueMs = Math.max(dueMs + pollIntervalMs, performance.now());
    await pause(dueMs - performance.now(), link.ended, signal);
  }
}

/** Whether the next attempt may well succeed. */
function isPassing(error: unknown): error is Error {
  if (error instanceof ClientError) return error.retry !== 'never' && error.code !== 'adapter';
  return error instanceof ProtocolError;
}

function lostTooLong(windowMs: number): ClientError {
  return new ClientError(
    'lost_too_long',
    `The scooter has been out of reach for ${windowMs / 1000} s: giving up until the next start`,
  );
}

function unitsOf({ manufacturerData }: SeenDevice): ModelUnits {
  const type = manufacturerData && decodeManufacturerData(manufacturerData)?.modelType;
  return (type === undefined ? undefined : modelOfType(type)) ?? DEFAULT_UNITS;
}
