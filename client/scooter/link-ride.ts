import type { ModelUnits } from '../../protocol/models.ts';
import type { Central, Link } from '../ble/central.ts';
import type { Config } from '../config/schema.ts';
import type { Counters } from '../counters.ts';
import type { Logger } from '../log.ts';
import type { Random } from '../random.ts';
import { pause } from '../wait.ts';
import { linkParameters, stepTimeoutMs } from './link-parameters.ts';
import { login } from './login.ts';
import { poll, type Telemetry } from './poll.ts';
import { Session } from './session.ts';

/** Where the scooter is, as far as the client can tell. */
export type ScooterState = 'searching' | 'connected' | 'away' | 'refused';

export interface RideOptions {
  readonly config: Config['scooter'];
  readonly pollIntervalMs: number;
  readonly token: Buffer;
  readonly random: Random;
  readonly counters: Counters;
  readonly log: Logger;
  readonly onTelemetry: (telemetry: Telemetry) => void;
  readonly onState: (state: ScooterState) => void;
  readonly signal: AbortSignal;
}

/** One connection to the scooter, from connect to its end. */
export class LinkRide {
  readonly #central: Central;
  readonly #units: ModelUnits;
  readonly #options: RideOptions;
  #hasPolled = false;

  constructor(central: Central, units: ModelUnits, options: RideOptions) {
    this.#central = central;
    this.#units = units;
    this.#options = options;
  }

  /** Whether the scooter was within reach and answered. */
  get hasPolled(): boolean {
    return this.#hasPolled;
  }

  /**
   * Connects, logs in and polls; returns where the frame counter is used up and a new login is due.
   * @param connectTimeoutMs how long the connection may take to come up.
   * @throws whatever ended the link.
   */
  async run(connectTimeoutMs: number): Promise<void> {
    const { config, signal, log, token, random, counters, onState } = this.#options;
    const stepMs = stepTimeoutMs(config);
    const link = await this.#central.connect(config.mac, {
      parameters: linkParameters(config),
      timeoutMs: connectTimeoutMs,
      stepTimeoutMs: stepMs,
      signal,
    });
    let session: Session | undefined;
    try {
      const keys = await login(link, { token, randomBytes: random.bytes, stepTimeoutMs: stepMs, signal });
      counters.logins += 1;
      log.info('logged in to the scooter');
      session = await Session.open(link, keys, {
        requestTimeoutMs: config.requestTimeoutMs,
        totalTimeoutMs: stepMs,
        randomBytes: random.bytes,
        signal,
      });
      onState('connected');
      await this.#poll(link, session);
    } finally {
      session?.close();
      await link.close();
    }
  }

  /** Polls at a fixed rate; a cycle that took too long is followed at once, and what it missed is not made up for. */
  async #poll(link: Link, session: Session): Promise<void> {
    const { pollIntervalMs, onTelemetry, log, signal } = this.#options;
    let dueMs = performance.now();
    while (!session.exhausted) {
      onTelemetry(await poll(session, this.#units));
      if (!this.#hasPolled) log.info({ everyS: pollIntervalMs / 1000 }, 'reading the scooter');
      this.#hasPolled = true;
      dueMs = Math.max(dueMs + pollIntervalMs, performance.now());
      await pause(dueMs - performance.now(), link.ended, signal);
    }
  }
}
