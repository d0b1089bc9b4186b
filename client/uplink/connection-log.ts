import type { Logger } from '../log.ts';
import { RateLimit } from '../rate-limit.ts';
import { CredentialsRefused, MessageRefused } from './broker-errors.ts';
import { missingCapabilities, type Capabilities } from './capabilities.ts';
import type { MqttVersion } from './mqtt-version.ts';

const VERSION_NAMES: Readonly<Record<MqttVersion, string>> = { 4: '3.1.1', 5: '5' };

/** Interruptions that are logged one by one, and the maximum rate of lines about more of them: one in 10 min. */
const LOGGED_INTERRUPTIONS = 5;
const INTERRUPTIONS_PER_S = 1 / 600;

interface Interruption {
  isLogged: boolean;
  /** Whether the broker has refused messages. */
  isRefusal: boolean;
}

/**
 * Logs the state of the connection to the broker: each interruption with one line when it begins and one when it ends.
 * If there are many, only some of them are logged, with the number of the others.
 */
export class ConnectionLog {
  readonly #log: Logger;
  /** The broker's address, without secrets. */
  readonly #broker: string;
  readonly #limit: RateLimit;
  readonly #suspended = new Set<string>();
  readonly #missing = new Set<string>();
  /** Refusals that are in the log: the owner has to act on each, however often it is repeated. */
  readonly #refusals = new Set<string>();
  /** The present interruption; undefined while there is a connection. */
  #interruption: Interruption | undefined;
  /** Whether the last logged line is about a failure. */
  #isDown = false;
  /** Number of interruptions since the last logged line that are not in the log. */
  #unlogged = 0;

  /** @param now a monotonic clock, in milliseconds */
  constructor(log: Logger, broker: string, now = (): number => performance.now()) {
    this.#log = log;
    this.#broker = broker;
    this.#limit = new RateLimit(INTERRUPTIONS_PER_S, now, LOGGED_INTERRUPTIONS);
  }

  connected(version: MqttVersion, capabilities: Capabilities): void {
    const { assignedClientId: client } = capabilities;
    const { isLogged = true, isRefusal = false } = this.#interruption ?? {};
    this.#interruption = undefined;
    if (!isLogged) this.#unlogged += 1;
    // A broker that has refused messages is likely to refuse them again.
    const isHidden = !isLogged || isRefusal;
    if (!isHidden) this.#isDown = false;
    this.#log[isHidden ? 'debug' : 'info'](
      { broker: this.#broker, mqtt: VERSION_NAMES[version], ...(client !== undefined && { client }) },
      'connected to the broker',
    );
    this.#logMissing(capabilities);
  }

  /** To be called once the connection has lasted long enough. */
  stable(): void {
    if (this.#refusals.size > 0 && this.#limit.takeIfDue()) this.#refusals.clear();
    if (this.#isDown) this.#log.info({ broker: this.#broker }, 'the connection to the broker is stable');
    this.#isDown = false;
  }

  /** To be called if an attempt failed, or the connection was lost. */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#interruption ??= { isLogged: false, isRefusal: false };
    const isLogged = this.#isToBeLogged(this.#interruption, error, reason);
    this.#interruption.isLogged ||= isLogged;
    this.#isDown ||= isLogged;
    this.#interruption.isRefusal ||= error instanceof MessageRefused;
    this.#log[isLogged ? 'warn' : 'debug'](
      { broker: this.#broker, reason, ...(isLogged && this.#takeUnlogged()) },
      'no connection to the broker, samples are queued up to the limits of [outbox]',
    );
  }

  /** Whether a failure is a refusal that has not been logged, or begins an interruption that may be logged. */
  #isToBeLogged(interruption: Interruption, error: unknown, reason: string): boolean {
    if (error instanceof CredentialsRefused || error instanceof MessageRefused) {
      const isNew = !this.#refusals.has(reason);
      this.#refusals.add(reason);
      return isNew;
    }
    return !interruption.isLogged && this.#limit.takeIfDue();
  }

  #takeUnlogged(): { readonly unloggedInterruptions?: number } {
    const count = this.#unlogged;
    this.#unlogged = 0;
    return count === 0 ? {} : { unloggedInterruptions: count };
  }

  /** To be called if the next attempt offers what the broker may support: another version, or less of the will. */
  offeringLess({ message }: Error): void {
    this.#log.debug({ reason: message }, 'the next attempt offers the broker less');
  }

  /** To be called if the broker rejects a topic other than that of the samples. */
  topicRefused(topic: string, { message }: Error): void {
    const isNew = !this.#suspended.has(topic);
    this.#suspended.add(topic);
    this.#log[isNew ? 'warn' : 'debug'](
      { topic, reason: message },
      'publishing to this topic is suspended for 10 min',
    );
  }

  /** Logs once what does not work with this broker. */
  #logMissing(capabilities: Capabilities): void {
    for (const missing of missingCapabilities(capabilities)) {
      if (this.#missing.has(missing)) continue;
      this.#missing.add(missing);
      this.#log.warn({ broker: this.#broker }, `the broker lacks a feature: ${missing}`);
    }
  }
}
