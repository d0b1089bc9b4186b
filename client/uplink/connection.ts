import { setMaxListeners } from 'node:events';
import type { IClientOptions, MqttClient } from 'mqtt';
import { ClientError } from '../errors.ts';
import { within } from '../wait.ts';
import type { Credentials } from './credentials.ts';

/** Opens one MQTT connection; production calls `mqtt.connect`. */
export type OpenMqtt = (url: string, options: IClientOptions) => MqttClient;

/** MQTT 3.1.1 and 5. */
export type MqttVersion = 4 | 5;

/** How long a connection that is being ended may take to say goodbye. */
const GOODBYE_TIMEOUT_MS = 2_000;

/** CONNACK codes of a broker that does not speak this version: 3.1.1 and 5. */
const UNACCEPTABLE_VERSION: readonly unknown[] = [0x01, 0x84];

/** CONNACK codes of a broker that does not want this client: bad credentials, not authorized, banned. */
const UNWELCOME: readonly unknown[] = [0x04, 0x05, 0x86, 0x87, 0x8a];

/** The broker does not speak the version of MQTT that it was offered, or hung up without saying why. */
export class VersionRefused extends Error {
  override readonly name = 'VersionRefused';
}

/** The broker refuses user name, password or certificate: trying again soon will not help. */
export class CredentialsRefused extends Error {
  override readonly name = 'CredentialsRefused';
}

/** The broker has received a message and does not take it, with a reason code of 0x80 or above. */
export class MessageRefused extends Error {
  override readonly name = 'MessageRefused';
}

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface ConnectOptions {
  readonly url: string;
  readonly clientId: string;
  readonly credentials: Credentials;
  readonly keepAliveS: number;
  readonly version: MqttVersion;
  /** What the broker publishes when the connection ends without a goodbye. */
  readonly will: Message;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One connection to the broker, from CONNACK to its end. mqtt.js is the transport alone: it neither reconnects nor
 * stores, so what it has not seen acknowledged is still ours.
 */
export class BrokerConnection {
  readonly #client: MqttClient;
  readonly #ended = new AbortController();

  private constructor(client: MqttClient) {
    this.#client = client;
    // Each message in flight listens for the end.
    setMaxListeners(0, this.#ended.signal);
    client.on('close', this.#onClose);
    // Keep-alive and protocol failures come as errors; the close that follows them ends the connection.
    client.on('error', this.#onError);
  }

  /** @throws VersionRefused, CredentialsRefused, or ClientError `timeout` or `peer`; nothing is left open. */
  static async open(open: OpenMqtt, options: ConnectOptions): Promise<BrokerConnection> {
    const { url, clientId, credentials, keepAliveS, version, will, timeoutMs, signal } = options;
    const client = open(url, {
      ...credentials,
      clientId,
      keepalive: keepAliveS,
      protocolVersion: version,
      will: { ...will, payload: Buffer.from(will.payload) },
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: timeoutMs,
      queueQoSZero: false,
    });
    try {
      await connected(client, timeoutMs, signal);
      return new BrokerConnection(client);
    } catch (error) {
      client.on('error', () => undefined);
      client.end(true);
      throw error;
    }
  }

  /** Aborts once the connection is gone. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Resolves once the message is handed over: acknowledged by the broker for QoS 1, written for QoS 0.
   * @throws MessageRefused, ClientError `timeout`, or the reason why the connection ended first.
   */
  publish({ topic, payload, qos, retain }: Message, timeoutMs: number): Promise<void> {
    const what = `Publishing to ${topic}`;
    return within<void>({ timeoutMs, what, signals: [this.ended] }, (succeed, fail) => {
      this.#client.publish(topic, payload, { qos, retain }, (error) => {
        if (error) fail(new MessageRefused(`${topic}: ${error.message}`, { cause: error }));
        else succeed();
      });
      return undefined;
    });
  }

  /** Says goodbye and hangs up: the last will is not published. */
  async close(): Promise<void> {
    if (this.ended.aborted) return;
    await within<void>({ timeoutMs: GOODBYE_TIMEOUT_MS, what: 'Leaving the broker' }, (succeed) => {
      this.#client.end(false, () => succeed());
      return undefined;
    }).catch(() => undefined);
    this.abandon();
  }

  /** Hangs up without a word: the broker publishes the last will. */
  abandon(): void {
    this.#client.end(true);
    this.#onClose();
  }

  readonly #onError = (): void => undefined;

  readonly #onClose = (): void => {
    this.#client.off('close', this.#onClose);
    this.#ended.abort(new ClientError('link_lost', 'The connection to the broker is gone'));
  };
}

function connected(client: MqttClient, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return within<void>({ timeoutMs, what: 'Connecting to the broker', signals: [signal] }, (succeed, fail) => {
    const onConnect = (): void => succeed();
    const onError = (error: Error): void => fail(failure(error));
    const onClose = (): void => fail(new VersionRefused('The broker hung up before it answered'));
    client.on('connect', onConnect);
    client.on('error', onError);
    client.on('close', onClose);
    return () => {
      client.off('connect', onConnect);
      client.off('error', onError);
      client.off('close', onClose);
    };
  });
}

function failure(error: Error & { code?: unknown }): Error {
  const { code, message } = error;
  if (UNACCEPTABLE_VERSION.includes(code)) return new VersionRefused(message, { cause: error });
  if (UNWELCOME.includes(code)) return new CredentialsRefused(message, { cause: error });
  return new ClientError('peer', message || String(code), { cause: error });
}
