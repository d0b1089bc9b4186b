import type { ProtocolError } from '../../protocol/errors.ts';
import { Backoff } from '../backoff.ts';
import type { Central } from '../ble/central.ts';
import { ClientError } from '../errors.ts';
import { pause } from '../wait.ts';
import { pausable, type PausableOptions } from './pausable.ts';
import { type AdvertisedModel, advertisedModel } from './generation.ts';
import { ScooterConnection, type ConnectionOptions } from './connection.ts';
import { isTransient } from './transient.ts';
import { notFound, scanUntil } from './search.ts';

/**
 * A search goes on with a new instance of the Bluetooth library after so long: each keeps every device that it has heard,
 * and in a street those are ever new ones; an adapter that has stopped to hear anybody may do so again after its reset.
 */
const SEARCH_RESTART_MS = 300_000;
/** An attempt shorter than this cannot succeed. */
const MIN_ATTEMPT_MS = 1_000;
/**
 * noble takes an ATT error for the end of a list: a service that it does not find may be there all the same. Only what
 * is missing on so many connections in a row is missing.
 */
const MIN_INCOMPLETE_LINKS = 3;

export interface SupervisorOptions extends ConnectionOptions, PausableOptions {
  /** Opens the adapter with an instance of the Bluetooth library of its own. */
  readonly openCentral: (signal: AbortSignal) => Promise<Central>;
}

/** Every turn between two pauses has a signal of its own. */
type RunOptions = Omit<SupervisorOptions, 'signal'>;

/**
 * Keeps the scooter: finds it, connects, logs in, polls, and comes back to it whenever the link is lost. In a pause it
 * lets go of scooter and adapter; that time counts for no window. Never returns.
 * @throws ClientError `not_found`, `lost_too_long`, `token_missing`, `token_refused`, `adapter`, `unsupported_scooter`,
 * or the reason of the signal.
 */
export async function superviseScooter(options: SupervisorOptions): Promise<never> {
  const supervisor = new ScooterSupervisor(options);
  return await pausable(options, (signal, pausedMs) => {
    supervisor.excludePause(pausedMs);
    return supervisor.run(signal);
  });
}

/** What is known of scooter and adapter, and lasts from one instance of the Bluetooth library to the next. */
class ScooterSupervisor {
  readonly #options: RunOptions;
  readonly #backoff: Backoff;
  /** Whether the scooter was found since the adapter was last started anew. */
  #adapterHasWorked = false;
  /** Since when the scooter is out of reach; undefined until it was found for the first time. */
  #lostAtMs: number | undefined;
  /** Connections in a row on which something was missing that a supported scooter has. */
  #incompleteLinks = 0;

  constructor(options: RunOptions) {
    const { config, random } = options;
    this.#options = options;
    this.#backoff = new Backoff({ minMs: config.retryMinMs, maxMs: config.retryMaxMs, random: random.unit });
  }

  /** Leaves so many milliseconds, which have just passed, out of the reconnect window. */
  excludePause(ms: number): void {
    if (this.#lostAtMs !== undefined) this.#lostAtMs += ms;
  }

  /**
   * Keeps the scooter until that cannot go on. An adapter that has worked before and fails is started anew once; where
   * it does not work then either, that is the end.
   */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      try {
        return await this.#findAndConnect(signal);
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== 'adapter' || !this.#adapterHasWorked)
          throw error;
        this.#adapterHasWorked = false;
        this.#options.log.warn({ reason: error.message }, 'starting the Bluetooth adapter anew');
      }
      await this.#backOff(signal);
    }
  }

  /** Pauses before the next attempt, but not beyond the reconnect window. */
  async #backOff(signal: AbortSignal): Promise<void> {
    this.#options.onState('away');
    await pause(Math.max(0, Math.min(this.#backoff.next(), this.#remainingMs())), signal);
  }

  /** Finds the scooter and keeps it, with the instance of the Bluetooth library that found it. @throws whatever ends it. */
  async #findAndConnect(signal: AbortSignal): Promise<never> {
    const { config, openCentral, log, onState } = this.#options;
    onState('searching');
    log.info({ mac: config.mac }, 'searching for the scooter');
    const windowMs = this.#lostAtMs === undefined ? config.searchWindowMs : this.#remainingMs();
    const endMs = performance.now() + windowMs;
    do {
      const central = await openCentral(signal);
      try {
        const leftMs = Math.max(0, endMs - performance.now());
        const advertised = await this.#find(central, Math.min(SEARCH_RESTART_MS, leftMs), signal);
        if (advertised) return await this.#stayConnected(central, advertised, signal);
      } finally {
        await central.close();
      }
    } while (performance.now() < endMs);
    throw this.#lostAtMs === undefined ? notFound(config.mac, windowMs) : this.#lostTooLong();
  }

  async #find(central: Central, windowMs: number, signal: AbortSignal): Promise<AdvertisedModel | undefined> {
    const { config, log, token } = this.#options;
    const device = await scanUntil(central, ({ address }) => address === config.mac, { windowMs, signal });
    if (!device) return undefined;
    this.#adapterHasWorked = true;
    this.#lostAtMs ??= performance.now();
    const advertised = advertisedModel(device);
    const { model, generation } = advertised;
    log.info(
      { scooter: device.name, model: model?.name, generation, rssi: device.rssi },
      'found the scooter',
    );
    // Without a good token the scooter need not even be connected to.
    if (generation === 'miauth') token();
    return advertised;
  }

  async #stayConnected(central: Central, advertised: AdvertisedModel, signal: AbortSignal): Promise<never> {
    const { config, log, counters } = this.#options;
    while (this.#remainingMs() > 0) {
      const connection = new ScooterConnection(central, advertised, { ...this.#options, signal });
      try {
        const attemptMs = Math.max(this.#remainingMs(), MIN_ATTEMPT_MS);
        await connection.run(Math.min(config.connectTimeoutMs, attemptMs));
        log.info('the frame counter is used up: logging in again');
        continue;
      } catch (error) {
        if (!this.#isTransient(error, advertised)) throw error;
        counters.linksLost += 1;
        log.warn({ reason: error.message }, 'no connection to the scooter');
      } finally {
        if (connection.hasPolled) {
          this.#lostAtMs = performance.now();
          this.#backoff.reset();
        }
      }
      await this.#backOff(signal);
    }
    throw this.#lostTooLong();
  }

  /** Whether another connection may do; of what a scooter advertises there is no doubt. */
  #isTransient(error: unknown, { generation }: AdvertisedModel): error is ClientError | ProtocolError {
    const isIncomplete =
      error instanceof ClientError && error.code === 'unsupported_scooter' && generation !== 'xor';
    this.#incompleteLinks = isIncomplete ? this.#incompleteLinks + 1 : 0;
    return isTransient(error) || (isIncomplete && this.#incompleteLinks < MIN_INCOMPLETE_LINKS);
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
