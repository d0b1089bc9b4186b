import { Backoff } from '../backoff.ts';
import type { Central } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { pause } from '../wait.ts';
import { type Advertised, advertisedBy } from './generation.ts';
import { LinkRide, type RideOptions } from './link-ride.ts';
import { isPassing } from './passing.ts';
import { search } from './search.ts';

/** An attempt shorter than this cannot succeed. */
const SHORTEST_ATTEMPT_MS = 1_000;

export interface SupervisorOptions extends RideOptions {
  readonly openCentral: (signal: AbortSignal) => Promise<Central>;
}

/**
 * Keeps the scooter: finds it, connects, logs in, polls, and comes back to it whenever the link is lost.
 * Never returns.
 * @throws ClientError `not_found`, `lost_too_long`, `token_missing`, `token_refused`, `adapter`, `unsupported_scooter`,
 * or the reason of the signal.
 */
export async function superviseScooter(options: SupervisorOptions): Promise<never> {
  const { config, signal, log, onState } = options;
  onState('searching');
  log.info({ mac: config.mac }, 'searching for the scooter');
  const central = await options.openCentral(signal);
  try {
    const device = await search(central, config.mac, { windowMs: config.searchWindowMs, signal });
    const advertised = advertisedBy(device);
    const { model, generation } = advertised;
    log.info(
      { scooter: device.name, model: model?.name, generation, rssi: device.rssi },
      'found the scooter',
    );
    // Without a good token the scooter need not even be connected to.
    if (generation === 'miauth') options.token();
    return await stayConnected(central, advertised, options);
  } finally {
    await central.close();
  }
}

async function stayConnected(
  central: Central,
  advertised: Advertised,
  options: SupervisorOptions,
): Promise<never> {
  const { config, signal, log, counters, onState } = options;
  const backoff = new Backoff({
    minMs: config.retryMinMs,
    maxMs: config.retryMaxMs,
    random: options.random.unit,
  });
  let lostAtMs = performance.now();
  const remainingMs = (): number => lostAtMs + config.reconnectWindowMs - performance.now();
  while (remainingMs() > 0) {
    const ride = new LinkRide(central, advertised, options);
    try {
      await ride.run(Math.min(config.connectTimeoutMs, Math.max(remainingMs(), SHORTEST_ATTEMPT_MS)));
      log.info('the frame counter is used up: logging in again');
      continue;
    } catch (error) {
      if (!isPassing(error)) throw error;
      counters.linksLost += 1;
      log.warn({ reason: error.message }, 'no connection to the scooter');
    } finally {
      if (ride.hasPolled) {
        lostAtMs = performance.now();
        backoff.reset();
      }
    }
    onState('away');
    await pause(Math.max(0, Math.min(backoff.next(), remainingMs())), signal);
  }
  throw lostTooLong(config.reconnectWindowMs);
}

function lostTooLong(windowMs: number): ClientError {
  return new ClientError(
    'lost_too_long',
    `The scooter has been out of reach for ${windowMs / 1000} s: giving up until the next start`,
  );
}
