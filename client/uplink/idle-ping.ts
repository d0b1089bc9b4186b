import type { MqttClient } from 'mqtt';

/**
 * Share of the keep-alive after which a ping is sent. The broker wants a packet within the keep-alive (MQTT 5, section
 * 3.1.2.10), and the network may delay it. Short of 1, so that mqtt.js sends no ping at the same time.
 */
const IDLE_SHARE = 0.9;

/**
 * Pings the broker if nothing was sent for most of the keep-alive. mqtt.js counts from the last packet that was received,
 * so a broker that acknowledges late would close the connection before the next ping.
 */
export class IdlePing {
  readonly #client: MqttClient;
  #timer: NodeJS.Timeout | undefined;

  constructor(client: MqttClient) {
    this.#client = client;
    client.on('packetsend', () => this.#timer?.refresh());
  }

  /** To be called once the connection is established, which sets the keep-alive. */
  start(): void {
    const idleMs = IDLE_SHARE * this.#client.keepalive * 1000;
    this.#timer = setTimeout(() => this.#client.sendPing(), idleMs);
  }

  /** To be called once the connection has ended. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
