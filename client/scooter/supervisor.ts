import type { ProtocolError } from '../../protocol/errors.ts';
import { Backoff } from '../backoff.ts';
import type { Central } from '../ble/central.ts';
import { ClientError, type ErrorCode } from '../errors.ts';
import { pause } from '../wait.ts';
import { pausable, type PausableOptions } from './pausable.ts';
import { type AdvertisedModel, advertisedModel, MIN_INCOMPLETE_LINKS } from './protocol-generation.ts';
import { ScooterConnection, requiresLogin, type ConnectionOptions } from './connection.ts';
import { Presence } from './presence.ts';
import { isTransient } from './transient-errors.ts';
import { notFound, REASONS_FOR_SILENCE, scanUntil } from './search.ts';

/**
 * Interval at which a search restarts with a new instance of the Bluetooth library. An instance keeps every device it has
 * seen, and on a street their number grows without bound; and the restart resets an adapter that no longer receives.
 */
const SEARCH_RESTART_MS = 300_000;
/** Number of consecutive failed attempts with a scooter that is heard, after which another device probably holds it. */
const MIN_UNREACHABLE_ATTEMPTS = 3;
/** Minimum timeout of a connection attempt; a shorter one cannot succeed. */
const MIN_ATTEMPT_MS = 1_000;
/** Maximum number of restarts of the adapter without a reply of the scooter: one that cannot connect may still scan. */
const MAX_RESTARTS_WITHOUT_REPLY = 2;

export interface SupervisorOptions extends ConnectionOptions, PausableOptions {
  /** Opens the adapter with a new instance of the Bluetooth library. */
  readonly openCentral: (signal: AbortSignal) => Promise<Central>;
}

/** `run` gets a signal of its own for each period between pauses. */
type RunOptions = Omit<SupervisorOptions, 'signal'>;

/**
 * Supervises the scooter: finds it, connects, logs in, polls, and reconnects whenever the link is lost. During a pause it
 * releases scooter and adapter; the pause does not count towards the reconnect window. Never returns.
 * @throws ClientError `not_found`, `lost_too_long`, `token_missing`, `token_refused`, `adapter`, `unsupported_scooter`,
 *   or the reason of the signal.
 */
export async function superviseScooter(options: SupervisorOptions): Promise<never> {
  const supervisor = new ScooterSupervisor(options);
  return await pausable(options, (signal, pausedMs) => {
    supervisor.excludePause(pausedMs);
    return supervisor.run(signal);
  });
}

/** Keeps the state of scooter and adapter across instances of the Bluetooth library. */
class ScooterSupervisor {
  readonly #options: RunOptions;
  readonly #backoff: Backoff;
  /** Whether the scooter was found since the adapter was last restarted. */
  #adapterHasWorked = false;
  /** Number of restarts of the adapter since the scooter last replied. */
  #restartsWithoutReply = 0;
  /** Time of the last contact with the scooter; undefined until it is first found. */
  #lostAtMs: number | undefined;
  readonly #presence = new Presence();
  /** How long the current instance of the Bluetooth library has scanned during pauses. */
  #scannedMs = 0;
  /** Number of attempts that failed although the scooter was heard, since the last connection. */
  #unreachableAttempts = 0;
  /** Whether the scooter was ever read. */
  #hasPolled = false;
  /** Number of consecutive connections without a characteristic that every supported scooter has. */
  #incompleteLinks = 0;

  constructor(options: RunOptions) {
    const { config, random } = options;
    this.#options = options;
    this.#backoff = new Backoff({ minMs: config.retryMinMs, maxMs: config.retryMaxMs, random: random.unit });
  }

  /** Excludes a pause of `ms` milliseconds, just ended, from the reconnect window. */
  excludePause(ms: number): void {
    if (this.#lostAtMs !== undefined) this.#lostAtMs += ms;
  }

  /**
   * Stays connected to the scooter until an error is final. An adapter that fails is restarted if it has found the scooter
   * since the last restart, but not again and again without a reply of the scooter; otherwise its failure is final.
   */
  async run(signal: AbortSignal): Promise<never> {
    for (;;) {
      try {
        await this.#findAndConnect(signal);
        continue;
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== 'adapter' || !this.#isRestartUseful)
          throw error;
        this.#adapterHasWorked = false;
        this.#restartsWithoutReply += 1;
        this.#options.log.warn({ reason: error.message }, 'restarting the Bluetooth adapter');
      }
      await this.#backOff(signal);
    }
  }

  /** Whether a restart of the adapter may help. */
  get #isRestartUseful(): boolean {
    return this.#adapterHasWorked && this.#restartsWithoutReply < MAX_RESTARTS_WITHOUT_REPLY;
  }

  /**
   * Waits before the next attempt, but no longer than the reconnect window. With a central, the wait ends as soon as the
   * scooter is heard after an absence; a scooter that advertises all the time and refuses connections does not end it.
   */
  async #backOff(signal: AbortSignal, central?: Central): Promise<void> {
    this.#options.onState('away');
    const windowMs = Math.max(0, Math.min(this.#backoff.next(), this.#remainingMs()));
    if (!central) {
      await pause(windowMs, signal);
      return;
    }
    const { mac } = this.#options.config;
    const beganMs = performance.now();
    await scanUntil(central, ({ address }) => address === mac && this.#hasReturned(), { windowMs, signal });
    this.#scannedMs += performance.now() - beganMs;
  }

  /**
   * Finds the scooter and stays connected, with one instance of the Bluetooth library. Resolves if that one has scanned
   * for so long that it must be replaced.
   * @throws the error that ends the search or the connection.
   */
  async #findAndConnect(signal: AbortSignal): Promise<void> {
    const { config, openCentral, log, onState } = this.#options;
    onState('searching');
    log.info({ mac: config.mac }, 'searching for the scooter');
    const windowMs = this.#lostAtMs === undefined ? config.searchWindowMs : this.#remainingMs();
    const endMs = performance.now() + windowMs;
    do {
      const central = await openCentral(signal);
      this.#scannedMs = 0;
      try {
        const remainingMs = Math.max(0, endMs - performance.now());
        const advertised = await this.#find(central, Math.min(SEARCH_RESTART_MS, remainingMs), signal);
        if (advertised) {
          await this.#stayConnected(central, advertised, signal);
          return;
        }
      } finally {
        await central.close();
      }
    } while (performance.now() < endMs);
    throw this.#lostAtMs === undefined ? notFound(config.mac, windowMs) : this.#lostTooLong();
  }

  /** Records that the scooter advertises. @returns whether it was absent before, which restarts the backoff. */
  #hasReturned(): boolean {
    const wasAbsent = this.#presence.advertised();
    if (wasAbsent) this.#backoff.reset();
    return wasAbsent;
  }

  async #find(central: Central, windowMs: number, signal: AbortSignal): Promise<AdvertisedModel | undefined> {
    const { config, log, token } = this.#options;
    const device = await scanUntil(central, ({ address }) => address === config.mac, { windowMs, signal });
    if (!device) return undefined;
    this.#adapterHasWorked = true;
    this.#lostAtMs ??= performance.now();
    this.#hasReturned();
    const advertised = advertisedModel(device);
    const { model, generation } = advertised;
    log.info(
      { scooter: device.name, model: model?.name, generation, rssi: device.rssi },
      'found the scooter',
    );
    // Fails before connecting if the token cannot be read.
    if (generation === 'miauth') token.read();
    return advertised;
  }

  async #stayConnected(central: Central, advertised: AdvertisedModel, signal: AbortSignal): Promise<void> {
    const { config, log, counters } = this.#options;
    while (this.#remainingMs() > 0) {
      if (this.#scannedMs >= SEARCH_RESTART_MS) return;
      const connection = new ScooterConnection(central, advertised, { ...this.#options, signal });
      const wasAdvertising = this.#presence.isAdvertising;
      try {
        const attemptMs = Math.max(this.#remainingMs(), MIN_ATTEMPT_MS);
        await connection.run(Math.min(config.connectTimeoutMs, attemptMs));
        log.info('the frame counter is exhausted: logging in again');
        continue;
      } catch (error) {
        if (!this.#isTransient(error)) throw error;
        counters.linksLost += 1;
        // Once: another device may use the address for hours.
        const isRepeated = this.#incompleteLinks > 1 && requiresLogin(this.#options);
        log[isRepeated ? 'debug' : 'warn']({ reason: error.message }, 'no connection to the scooter');
        this.#noteAttempt(error, connection, wasAdvertising);
      } finally {
        if (connection.hasPolled) {
          this.#hasPolled = true;
          this.#lostAtMs = performance.now();
          this.#restartsWithoutReply = 0;
          this.#backoff.reset();
        }
      }
      await this.#backOff(signal, central);
    }
    throw this.#lostTooLong();
  }

  /**
   * Whether another connection may succeed. A scooter that has logged in or was read before is supported, whatever a device
   * with its address offers later. If there is a token, nothing that a device offers is final: without a login it may be
   * another one that uses the address.
   */
  #isTransient(error: unknown): error is ClientError | ProtocolError {
    const isIncomplete = error instanceof ClientError && error.code === 'unsupported_scooter';
    this.#incompleteLinks = isIncomplete ? this.#incompleteLinks + 1 : 0;
    const isSupported = this.#hasPolled || this.#options.counters.logins > 0 || requiresLogin(this.#options);
    const mayBeSupported = isSupported || this.#incompleteLinks < MIN_INCOMPLETE_LINKS;
    return isTransient(error) || (isIncomplete && mayBeSupported);
  }

  /** Notes what a failed attempt tells of the scooter; an adapter that rejects it tells nothing. */
  #noteAttempt(
    error: ClientError | ProtocolError,
    connection: ScooterConnection,
    wasAdvertising: boolean,
  ): void {
    if (hasCode(error, 'connect_rejected')) return;
    // Connecting times out only if nothing is heard: a connection request that is not answered fails at once.
    const isTimeout = hasCode(error, 'timeout');
    const hasReacted = connection.hasReacted || !isTimeout;
    if (hasReacted) this.#presence.reacted();
    const isFree = connection.isEstablished || (connection.hasReacted && isTimeout);
    if (isFree) this.#unreachableAttempts = 0;
    else if (hasReacted || wasAdvertising) this.#noteUnreachable();
  }

  /** Reports once that the scooter is heard but cannot be reached, after a number of such attempts. */
  #noteUnreachable(): void {
    this.#unreachableAttempts += 1;
    if (this.#unreachableAttempts !== MIN_UNREACHABLE_ATTEMPTS) return;
    this.#options.log.warn(
      'the scooter advertises but cannot be reached: it is probably connected to another device, such as a phone or a ' +
        'home automation system; disconnect it there',
    );
  }

  /** Returns the rest of the reconnect window. */
  #remainingMs(): number {
    const lostAtMs = this.#lostAtMs ?? performance.now();
    return lostAtMs + this.#options.config.reconnectWindowMs - performance.now();
  }

  #lostTooLong(): ClientError {
    const windowS = this.#options.config.reconnectWindowMs / 1000;
    const isSilent = !this.#presence.hasAdvertisedSince(this.#lostAtMs ?? 0);
    return new ClientError(
      'lost_too_long',
      `The scooter was unreachable for ${windowS} s (reconnect_window)` +
        (isSilent ? `, and did not advertise: it may be ${REASONS_FOR_SILENCE}. Giving up` : ': giving up') +
        ' until the next start',
    );
  }
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof ClientError && error.code === code;
}
