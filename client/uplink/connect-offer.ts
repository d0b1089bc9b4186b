import { OfferRefused, VersionRefused } from './broker-errors.ts';
import type { Capabilities } from './capabilities.ts';
import { NEWEST_VERSION, type MqttVersion } from './mqtt-version.ts';
import type { Message } from './publish-format.ts';

/** What CONNECT offers. */
export interface ConnectOffer {
  readonly version: MqttVersion;
  /** The message that the broker publishes if the connection ends without DISCONNECT. */
  readonly will?: Message | undefined;
}

/** How much of the will is offered. */
interface WillLimits {
  readonly canRetain: boolean;
  readonly maxQos: 0 | 1;
  readonly isOffered: boolean;
}

const UNLIMITED: WillLimits = { canRetain: true, maxQos: 1, isOffered: true };

/**
 * What is left of the will after a CONNACK refused it: MQTT 5, sections 3.2.2.2, 3.2.2.3.4 and 3.2.2.3.5. The broker tells
 * what it supports only after it has accepted a CONNECT.
 */
const WITHOUT: Readonly<Record<number, Partial<WillLimits>>> = {
  0x90: { isOffered: false },
  0x95: { isOffered: false },
  0x99: { isOffered: false },
  0x9a: { canRetain: false },
  0x9b: { maxQos: 0 },
};

/**
 * Negotiates CONNECT with the broker, over several attempts. Of the versions, 5 is offered first, the other one if the
 * broker refuses it, then the one that was accepted. Old brokers refuse a version explicitly or close the connection. A
 * broker that is shutting down closes it, too, which is no reason to change a version that was accepted before. The will
 * is reduced until the broker accepts it.
 */
export class OfferNegotiation {
  #version = NEWEST_VERSION;
  #wasAccepted = false;
  /** Versions that the broker has refused since it last answered otherwise. */
  readonly #refused = new Set<MqttVersion>();
  #limits = UNLIMITED;

  get version(): MqttVersion {
    return this.#version;
  }

  /** The next offer, with as much of the will as the broker accepts. */
  offer(will: Message): ConnectOffer {
    const { canRetain, maxQos, isOffered } = this.#limits;
    if (!isOffered) return { version: this.#version };
    const qos = will.qos === 1 ? maxQos : 0;
    return { version: this.#version, will: { ...will, qos, retain: will.retain && canRetain } };
  }

  /** To be called if the broker accepted the offer: the next one makes use of what it grants. */
  accepted({ canRetain, maxQos }: Capabilities): void {
    this.#wasAccepted = true;
    this.#refused.clear();
    this.#limits = { ...this.#limits, canRetain, maxQos };
  }

  /** To be called if an attempt failed. @returns whether the next offer differs, because of this refusal */
  failed(error: unknown): boolean {
    if (error instanceof VersionRefused) return this.#versionRefused(error);
    this.#refused.clear();
    if (!(error instanceof OfferRefused)) return false;
    const before = this.#limits;
    this.#limits = { ...before, ...WITHOUT[error.reason] };
    return Object.entries(WITHOUT[error.reason] ?? {}).some(
      ([name, value]) => before[name as keyof WillLimits] !== value,
    );
  }

  #versionRefused({ isExplicit }: VersionRefused): boolean {
    if (this.#wasAccepted && !isExplicit) return false;
    // A broker that has granted or refused a part of the will for this version was another one.
    if (isExplicit) this.#limits = UNLIMITED;
    this.#wasAccepted = false;
    this.#refused.add(this.#version);
    this.#version = this.#version === 5 ? 4 : 5;
    if (!this.#refused.has(this.#version)) return true;
    this.#refused.clear();
    return false;
  }
}
