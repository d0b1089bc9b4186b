import type { Logger } from '../log.ts';
import { CredentialsRefused, MessageRefused } from './broker-errors.ts';
import { missingCapabilities, type Capabilities } from './capabilities.ts';
import type { MqttVersion } from './mqtt-version.ts';

const VERSION_NAMES: Readonly<Record<MqttVersion, string>> = { 4: '3.1.1', 5: '5' };

/** Logs the state of the connection to the broker: each failure once, until the connection is stable again. */
export class ConnectionLog {
  readonly #log: Logger;
  /** The broker's address, without secrets. */
  readonly #broker: string;
  readonly #refusals = new Set<string>();
  readonly #missing = new Set<string>();
  #reported: string | undefined;
  /** The connection is up, but not yet stable. */
  #isUnconfirmed = false;
  /** Connections come up and are soon lost: the next ones are logged at level debug. */
  #isUnstable = false;

  constructor(log: Logger, broker: string) {
    this.#log = log;
    this.#broker = broker;
  }

  connected(version: MqttVersion, capabilities: Capabilities): void {
    const level = this.#isUnstable ? 'debug' : 'info';
    const { assignedClientId: client } = capabilities;
    this.#log[level](
      { broker: this.#broker, mqtt: VERSION_NAMES[version], ...(client !== undefined && { client }) },
      'connected to the broker',
    );
    this.#logMissing(capabilities);
    if (!this.#isUnstable) this.#reported = undefined;
    this.#isUnconfirmed = true;
  }

  /** To be called once the connection has lasted long enough. */
  stable(): void {
    if (this.#isUnstable) this.#log.info({ broker: this.#broker }, 'the connection to the broker is stable');
    this.#isUnconfirmed = false;
    this.#isUnstable = false;
    this.#reported = undefined;
  }

  /** To be called if an attempt failed, or the connection was lost. */
  failed(error: unknown): void {
    this.#isUnstable ||= this.#isUnconfirmed;
    this.#isUnconfirmed = false;
    const reason = error instanceof Error ? error.message : String(error);
    // The owner has to act on a refusal, so it is logged even after another failure.
    const isRefusal = error instanceof CredentialsRefused || error instanceof MessageRefused;
    const isNew = this.#reported === undefined || (isRefusal && reason !== this.#reported);
    if (isNew) this.#reported = reason;
    this.#log[isNew ? 'warn' : 'debug'](
      { broker: this.#broker, reason },
      'no connection to the broker, samples are stored until it is back',
    );
  }

  /** To be called if the next attempt offers what the broker may support: another version, or less of the will. */
  offeringLess({ message }: Error): void {
    this.#log.debug({ reason: message }, 'the next attempt offers the broker less');
  }

  /** To be called if the broker rejects a topic other than that of the samples. */
  topicRefused(topic: string, { message }: Error): void {
    const isNew = !this.#refusals.has(topic);
    this.#refusals.add(topic);
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
