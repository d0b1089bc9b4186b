import { DEFAULT_UNITS } from '../../protocol/models.ts';
import type { Central, Link } from '../ble/central.ts';
import type { Config } from '../config/schema.ts';
import type { Counters } from '../counters.ts';
import type { Logger } from '../log.ts';
import type { Random } from '../random.ts';
import { pause } from '../wait.ts';
import { authenticate } from './authenticate.ts';
import type { AdvertisedModel } from './protocol-generation.ts';
import { linkParameters, stepTimeoutMs } from './link-parameters.ts';
import { Poller, type Telemetry } from './poll.ts';
import { Session } from './session.ts';
import type { TokenSource } from './token-source.ts';

/** State of the scooter as far as the client knows; `paused` while a pause keeps the client from connecting. */
export type ScooterState = 'searching' | 'connected' | 'away' | 'refused' | 'paused';

export interface ConnectionOptions {
  readonly config: Config['scooter'];
  readonly pollIntervalMs: number;
  readonly token: TokenSource;
  readonly random: Random;
  readonly counters: Counters;
  readonly log: Logger;
  readonly onTelemetry: (telemetry: Telemetry) => void;
  readonly onState: (state: ScooterState) => void;
  readonly signal: AbortSignal;
}

/**
 * Whether the scooter has to log in. A token means that it speaks MiAuth, so plain frames are those of an impostor, whatever
 * `authentication` says.
 */
export function requiresLogin({ config, token }: Pick<ConnectionOptions, 'config' | 'token'>): boolean {
  return config.authentication === 'required' || token.isPresent;
}

/** One connection to the scooter: connects, logs in and polls. */
export class ScooterConnection {
  readonly #central: Central;
  readonly #advertised: AdvertisedModel;
  readonly #options: ConnectionOptions;
  #hasPolled = false;
  #hasReacted = false;
  #isEstablished = false;

  constructor(central: Central, advertised: AdvertisedModel, options: ConnectionOptions) {
    this.#central = central;
    this.#advertised = advertised;
    this.#options = options;
  }

  /** Whether the scooter was heard during the attempt: a connection came up, however briefly. */
  get hasReacted(): boolean {
    return this.#hasReacted;
  }

  /** Whether the scooter accepted the connection, and its services were discovered. */
  get isEstablished(): boolean {
    return this.#isEstablished;
  }

  /** Whether at least one poll succeeded. */
  get hasPolled(): boolean {
    return this.#hasPolled;
  }

  /**
   * Connects, logs in if the scooter requires it, and polls. Resolves when the frame counter is exhausted and the client
   * has to log in again.
   * @param connectTimeoutMs the longest that establishing the connection may take.
   * @throws what ended the link.
   */
  async run(connectTimeoutMs: number): Promise<void> {
    const { config, signal, log, token, random, counters, onState } = this.#options;
    const stepMs = stepTimeoutMs(config);
    const link = await this.#central.connect(config.mac, {
      parameters: linkParameters(config),
      timeoutMs: connectTimeoutMs,
      stepTimeoutMs: stepMs,
      onConnected: () => (this.#hasReacted = true),
      signal,
    });
    this.#isEstablished = true;
    let session: Session | undefined;
    try {
      const codec = await authenticate(link, {
        advertised: this.#advertised,
        token,
        requiresLogin: requiresLogin(this.#options),
        randomBytes: random.bytes,
        stepTimeoutMs: stepMs,
        requestTimeoutMs: config.requestTimeoutMs,
        log,
        onLogin: () => {
          counters.logins += 1;
          log.info('logged in to the scooter');
        },
        signal,
      });
      const timeouts = { requestTimeoutMs: config.requestTimeoutMs, totalTimeoutMs: stepMs };
      session = await Session.open(link, codec, { ...timeouts, signal });
      onState('connected');
      const units = this.#advertised.model ?? DEFAULT_UNITS;
      await this.#poll(link, session, new Poller(session, { units, ...timeouts, log }));
    } finally {
      session?.close();
      await link.close();
    }
  }

  /** Polls at a fixed rate. A cycle that overruns is followed by the next one at once; missed cycles are skipped. */
  async #poll(link: Link, session: Session, poller: Poller): Promise<void> {
    const { pollIntervalMs, onTelemetry, log, signal } = this.#options;
    let dueMs = performance.now();
    while (!session.exhausted) {
      const telemetry = await poller.poll();
      if (!this.#hasPolled) log.info({ everyS: pollIntervalMs / 1000 }, 'reading the scooter');
      this.#hasPolled = true;
      onTelemetry(telemetry);
      dueMs = Math.max(dueMs + pollIntervalMs, performance.now());
      await poller.retry(dueMs);
      await pause(dueMs - performance.now(), link.ended, signal);
    }
  }
}
