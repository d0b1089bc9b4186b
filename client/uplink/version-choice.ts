import type { VersionRefused } from './broker-errors.ts';

/** MQTT 3.1.1 and 5, as CONNECT numbers them. */
export type MqttVersion = 4 | 5;

export const NEWEST_VERSION: MqttVersion = 5;

/**
 * Chooses the version of MQTT to offer: 5 first, the other one if the broker refuses it, then the one that was accepted.
 * Old brokers refuse a version explicitly or close the connection. A broker that is shutting down closes it, too, which is
 * no reason to change a version that was accepted before.
 */
export class VersionChoice {
  #current = NEWEST_VERSION;
  #wasAccepted = false;

  get current(): MqttVersion {
    return this.#current;
  }

  /** To be called if the broker accepted the current version. */
  accepted(): void {
    this.#wasAccepted = true;
  }

  /** To be called if the broker refused the current version, or seems to; returns the version to offer next. */
  refused({ isExplicit }: VersionRefused): MqttVersion {
    if (isExplicit || !this.#wasAccepted) {
      this.#wasAccepted = false;
      this.#current = this.#current === 5 ? 4 : 5;
    }
    return this.#current;
  }
}
