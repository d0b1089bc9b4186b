import type { Logger } from '../log.ts';
import { CredentialsRefused, MessageRefused } from './refusal.ts';
import type { MqttVersion } from './version-choice.ts';

const VERSION_NAMES: Readonly<Record<MqttVersion, string>> = { 4: '3.1.1', 5: '5' };

/** What the log hears about the broker: each trouble once, until it is over. */
export class News {
  readonly #log: Logger;
  /** The broker's address, as it may stand in a log. */
  readonly #broker: string;
  readonly #refusals = new Set<string>();
  #told: string | undefined;
  /** The connection is up, but has not held yet. */
  #isFresh = false;
  /** Connections come up and do not hold: that the next one comes up is no news. */
  #isUnsteady = false;

  constructor(log: Logger, broker: string) {
    this.#log = log;
    this.#broker = broker;
  }

  connected(version: MqttVersion): void {
    const level = this.#isUnsteady ? 'debug' : 'info';
    this.#log[level]({ broker: this.#broker, mqtt: VERSION_NAMES[version] }, 'connected to the broker');
    if (!this.#isUnsteady) this.#told = undefined;
    this.#isFresh = true;
  }

  /** The connection has lasted long enough to be called a good one. */
  held(): void {
    if (this.#isUnsteady) this.#log.info({ broker: this.#broker }, 'the connection to the broker holds');
    this.#isFresh = false;
    this.#isUnsteady = false;
    this.#told = undefined;
  }

  /** There is no connection, or none any more. */
  failed(error: unknown): void {
    this.#isUnsteady ||= this.#isFresh;
    this.#isFresh = false;
    const reason = error instanceof Error ? error.message : String(error);
    // A refusal is for the owner to mend, also where something else went wrong before.
    const isRefusal = error instanceof CredentialsRefused || error instanceof MessageRefused;
    const isNews = this.#told === undefined || (isRefusal && reason !== this.#told);
    if (isNews) this.#told = reason;
    this.#log[isNews ? 'warn' : 'debug'](
      { broker: this.#broker, reason },
      'no connection to the broker: samples are kept',
    );
  }

  /** It is tried with another version of MQTT. */
  tryingVersion(version: MqttVersion, { message }: Error): void {
    this.#log.debug({ reason: message, next: VERSION_NAMES[version] }, 'another version of MQTT is tried');
  }

  /** The broker does not take what is not a sample, which is no reason to leave it. */
  refused(topic: string, { message }: Error): void {
    const isNews = !this.#refusals.has(topic);
    this.#refusals.add(topic);
    this.#log[isNews ? 'warn' : 'debug']({ topic, reason: message }, 'the client goes on without this topic');
  }
}
