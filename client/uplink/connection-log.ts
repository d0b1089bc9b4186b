import type { Logger } from '../log.ts';
import { CredentialsRefused, MessageRefused } from './broker-errors.ts';
import type { MqttVersion } from './version-choice.ts';

const VERSION_NAMES: Readonly<Record<MqttVersion, string>> = { 4: '3.1.1', 5: '5' };

/** What the log hears about the broker: each trouble once, until it is over. */
export class ConnectionLog {
  readonly #log: Logger;
  /** The broker's address, as it may stand in a log. */
  readonly #broker: string;
  readonly #refusals = new Set<string>();
  #reported: string | undefined;
  /** The connection is up, but has not held yet. */
  #isUnproven = false;
  /** Connections come up and do not hold: that the next one comes up is no news. */
  #isUnstable = false;

  constructor(log: Logger, broker: string) {
    this.#log = log;
    this.#broker = broker;
  }

  connected(version: MqttVersion): void {
    const level = this.#isUnstable ? 'debug' : 'info';
    this.#log[level]({ broker: this.#broker, mqtt: VERSION_NAMES[version] }, 'connected to the broker');
    if (!this.#isUnstable) this.#reported = undefined;
    this.#isUnproven = true;
  }

  /** The connection has lasted long enough to be called a good one. */
  stable(): void {
    if (this.#isUnstable) this.#log.info({ broker: this.#broker }, 'the connection to the broker holds');
    this.#isUnproven = false;
    this.#isUnstable = false;
    this.#reported = undefined;
  }

  /** There is no connection, or none any more. */
  failed(error: unknown): void {
    this.#isUnstable ||= this.#isUnproven;
    this.#isUnproven = false;
    const reason = error instanceof Error ? error.message : String(error);
    // A refusal is for the owner to mend, also where something else went wrong before.
    const isRefusal = error instanceof CredentialsRefused || error instanceof MessageRefused;
    const isNews = this.#reported === undefined || (isRefusal && reason !== this.#reported);
    if (isNews) this.#reported = reason;
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
  topicRefused(topic: string, { message }: Error): void {
    const isNews = !this.#refusals.has(topic);
    this.#refusals.add(topic);
    this.#log[isNews ? 'warn' : 'debug']({ topic, reason: message }, 'the client goes on without this topic');
  }
}
