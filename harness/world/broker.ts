import type { Duplex } from 'node:stream';
import { Aedes } from 'aedes';
import { MqttClient } from 'mqtt';
import type { OpenMqtt } from '../../client/uplink/connection.ts';
import { duplexPair } from './duplex-pair.ts';

/** A real Aedes broker without a network: clients reach it over in-memory streams. */
export class VirtualBroker {
  readonly #aedes: Aedes;
  readonly #streams = new Set<Duplex>();

  private constructor(aedes: Aedes) {
    this.#aedes = aedes;
  }

  static async start(): Promise<VirtualBroker> {
    return new VirtualBroker(await Aedes.createBroker({ id: 'virtual-broker' }));
  }

  /** Opens an MQTT connection to this broker, whatever the address says. */
  readonly open: OpenMqtt = (_url, options) => new MqttClient(() => this.#connect(), options);

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }

  #connect(): Duplex {
    const [client, server] = duplexPair();
    this.#streams.add(server);
    server.once('close', () => this.#streams.delete(server));
    this.#aedes.handle(server);
    return client;
  }
}

export interface SubscriberOptions {
  readonly url: string;
  readonly topic: string;
  readonly onMessage: (payload: string, topic: string) => void;
}

/** An independent MQTT client that hears everything under a topic for as long as it is open. */
export class Subscriber {
  readonly #client: MqttClient;

  constructor(open: OpenMqtt, { url, topic, onMessage }: SubscriberOptions) {
    this.#client = open(url, { clientId: 'martinete-subscriber', protocolVersion: 4, reconnectPeriod: 1000 });
    this.#client.on('message', (from, payload) => onMessage(payload.toString(), from));
    this.#client.on('error', () => undefined);
    this.#client.subscribe(topic, { qos: 1 });
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
