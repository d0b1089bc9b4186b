import type { VersionRefused } from './broker-errors.ts';

/** MQTT 3.1.1 and 5, as CONNECT numbers them. */
export type MqttVersion = 4 | 5;

export const NEWEST_VERSION: MqttVersion = 5;

/**
 * Which version of MQTT to offer: 5 first, the other one where the broker refuses it, and then the one that works. An
 * old broker says so, or just hangs up; so does one that is going down, which is no reason to leave what has worked.
 */
export class VersionChoice {
  #current = NEWEST_VERSION;
  #wasAccepted = false;

  get current(): MqttVersion {
    return this.#current;
  }

  /** The broker has taken it. */
  accepted(): void {
    this.#wasAccepted = true;
  }

  /** The broker has refused it, or seems to; returns the one to offer next. */
  refused({ isExplicit }: VersionRefused): MqttVersion {
    if (isExplicit || !this.#wasAccepted) {
      this.#wasAccepted = false;
      this.#current = this.#current === 5 ? 4 : 5;
    }
    return this.#current;
  }
}
