import type { ProtocolError } from '../../protocol/errors.ts';
import { Backoff } from '../backoff.ts';
import type { Central } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { pause } from '../wait.ts';
import { betweenPauses, type PausingOptions } from './between-pauses.ts';
import { type Advertised, advertisedBy } from './generation.ts';
import { LinkRide, type RideOptions } from './link-ride.ts';
import { isPassing } from './passing.ts';
import { notFound, scanUntil } from './search.ts';

/**
 * A search goes on with a new instance of the Bluetooth library after so long: each keeps every device that it has heard,
 * and in a street those are ever new ones; an adapter that has stopped to hear anybody may do so again after its reset.
 */
const SEARCH_TURN_MS = 300_000;
/** An attempt shorter than this cannot succeed. */
const SHORTEST_ATTEMPT_MS = 1_000;
/**
 * noble takes an ATT error for the end of a list: a service that it does not find may be there all the same. Only what
 * is missing on so many connections in a row is missing.
 */
const LINKS_TO_BELIEVE = 3;

interface KeeperOptions extends RideOptions {
  /** Opens the adapter with an instance of the Bluetooth library of its own. */
  readonly openCentral: (signal: AbortSignal) => Promise<Central>;
}

export interface SupervisorOptions extends KeeperOptions, PausingOptions {}

/**
 * Keeps the scooter: finds it, connects, logs in, polls, and comes back to it whenever the link is lost. In a pause it
 * lets go of scooter and adapter; that time counts for no window. Never returns.
 * @throws ClientError `not_found`, `lost_too_long`, `token_missing`, `token_refused`, `adapter`, `unsupported_scooter`,
 * or the reason of the signal.
 */
export async function superviseScooter(options: SupervisorOptions): Promise<never> {
  let lostForMs: number | undefined;
  return await betweenPauses(options, async (signal) => {
    const keeper = new Keeper({ ...options, signal }, lostForMs);
    try {
      return await persist(keeper, options.log);
    } finally {
      lostForMs = keeper.lostForMs;
    }
  });
}

/**
 * An adapter that has worked before and fails is started anew once; where it does not work then either, that is the
 * end.
 */
async function persist(keeper: Keeper, log: Logger): Promise<never> {
  for (;;) {
    try {
      return await keeper.keep();
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'adapter' || !keeper.adapterHasWorked)
        throw error;
      log.warn({ reason: error.message }, 'starting the Bluetooth adapter anew');
    }
    await keeper.rest();
  }
}

/** What is known of the scooter and lasts from one instance of the Bluetooth library to the next. */
class Keeper {
  readonly #options: KeeperOptions;
  readonly #backoff: Backoff;
  #adapterHasWorked = false;
  /** Since when the scooter is out of reach; undefined until it was found for the first time. */
  #lostAtMs: number | undefined;
  /** Connections in a row on which something was missing that a supported scooter has. */
  #incompleteLinks = 0;

  /** @param lostForMs for how long the scooter was out of reach before; undefined where it was not found yet. */
  constructor(options: KeeperOptions, lostForMs: number | undefined) {
    const { config, random } = options;
    this.#options = options;
    this.#lostAtMs = lostForMs === undefined ? undefined : performance.now() - lostForMs;
    this.#backoff = new Backoff({ minMs: config.retryMinMs, maxMs: config.retryMaxMs, random: random.unit });
  }

  /** Whether the instance that has ended had found the scooter. */
  get adapterHasWorked(): boolean {
    return this.#adapterHasWorked;
  }

  /** For how long the scooter is out of reach; undefined until it was found for the first time. */
  get lostForMs(): number | undefined {
    return this.#lostAtMs === undefined ? undefined : performance.now() - this.#lostAtMs;
  }

  /** Pauses before the next attempt, but not beyond the reconnect window. */
  async rest(): Promise<void> {
    this.#options.onState('away');
    const pauseMs = Math.max(0, Math.min(this.#backoff.next(), this.#remainingMs()));
    await pause(pauseMs, this.#options.signal);
  }

  /** Finds the scooter and keeps it, with the instance of the Bluetooth library that found it. @throws whatever ends it. */
  async keep(): Promise<never> {
    const { config, openCentral, signal, log, onState } = this.#options;
    this.#adapterHasWorked = false;
    onState('searching');
    log.info({ mac: config.mac }, 'searching for the scooter');
    const windowMs = this.#lostAtMs === undefined ? config.searchWindowMs : this.#remainingMs();
    const endMs = performance.now() + windowMs;
    do {
      const central = await openCentral(signal);
      try {
        const leftMs = Math.max(0, endMs - performance.now());
        const advertised = await this.#find(central, Math.min(SEARCH_TURN_MS, leftMs));
        if (advertised) return await this.#stayConnected(central, advertised);
      } finally {
        await central.close();
      }
    } while (performance.now() < endMs);
    throw this.#lostAtMs === undefined ? notFound(config.mac, windowMs) : this.#lostTooLong();
  }

  async #find(central: Central, windowMs: number): Promise<Advertised | undefined> {
    const { config, signal, log, token } = this.#options;
    const device = await scanUntil(central, ({ address }) => address === config.mac, { windowMs, signal });
    if (!device) return undefined;
    this.#adapterHasWorked = true;
    this.#lostAtMs ??= performance.now();
    const advertised = advertisedBy(device);
    const { model, generation } = advertised;
    log.info(
      { scooter: device.name, model: model?.name, generation, rssi: device.rssi },
      'found the scooter',
    );
    // Without a good token the scooter need not even be connected to.
    if (generation === 'miauth') token();
    return advertised;
  }

  async #stayConnected(central: Central, advertised: Advertised): Promise<never> {
    const { config, log, counters } = this.#options;
    while (this.#remainingMs() > 0) {
      const ride = new LinkRide(central, advertised, this.#options);
      try {
        const attemptMs = Math.max(this.#remainingMs(), SHORTEST_ATTEMPT_MS);
        await ride.run(Math.min(config.connectTimeoutMs, attemptMs));
        log.info('the frame counter is used up: logging in again');
        continue;
      } catch (error) {
        if (!this.#isPassing(error, advertised)) throw error;
        counters.linksLost += 1;
        log.warn({ reason: error.message }, 'no connection to the scooter');
      } finally {
        if (ride.hasPolled) {
          this.#lostAtMs = performance.now();
          this.#backoff.reset();
        }
      }
      await this.rest();
    }
    throw this.#lostTooLong();
  }

  /** Whether another connection may do; of what a scooter advertises there is no doubt. */
  #isPassing(error: unknown, { generation }: Advertised): error is ClientError | ProtocolError {
    const isIncomplete =
      error instanceof ClientError && error.code === 'unsupported_scooter' && generation !== 'xor';
    this.#incompleteLinks = isIncomplete ? this.#incompleteLinks + 1 : 0;
    return isPassing(error) || (isIncomplete && this.#incompleteLinks < LINKS_TO_BELIEVE);
  }

  /** What is left of the reconnect window. */
  #remainingMs(): number {
    const lostAtMs = this.#lostAtMs ?? performance.now();
    return lostAtMs + this.#options.config.reconnectWindowMs - performance.now();
  }

  #lostTooLong(): ClientError {
    const windowS = this.#options.config.reconnectWindowMs / 1000;
    return new ClientError(
      'lost_too_long',
      `The scooter has been out of reach for ${windowS} s: giving up until the next start`,
    );
  }
}
