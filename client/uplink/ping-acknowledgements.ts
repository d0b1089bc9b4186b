import type { MqttClient } from 'mqtt';

interface Waiting {
  /** Number of pings that were sent before the message. */
  readonly pingsBefore: number;
  readonly done: () => void;
}

/**
 * Acknowledges messages at QoS 0, for a broker that permits nothing else: a broker that answers a ping has received
 * everything that was sent before it. At most one ping of its own is under way.
 */
export class PingAcknowledgements {
  readonly #client: MqttClient;
  #sent = 0;
  #answered = 0;
  #waiting: Waiting[] = [];

  constructor(client: MqttClient) {
    this.#client = client;
    client.on('packetsend', ({ cmd }) => {
      if (cmd === 'pingreq') this.#sent += 1;
    });
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'pingresp') this.#onAnswer();
    });
  }

  /** To be called after a message was sent. @param done called once the broker has answered a later ping */
  add(done: () => void): void {
    this.#waiting.push({ pingsBefore: this.#sent, done });
    this.#ping();
  }

  #ping(): void {
    if (this.#waiting.length > 0 && this.#sent === this.#answered) this.#client.sendPing();
  }

  #onAnswer(): void {
    this.#answered = Math.min(this.#answered + 1, this.#sent);
    const received = this.#waiting.filter(({ pingsBefore }) => pingsBefore < this.#answered);
    this.#waiting = this.#waiting.slice(received.length);
    for (const { done } of received) done();
    this.#ping();
  }
}
