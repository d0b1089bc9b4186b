import type { IClientOptions, MqttClient } from 'mqtt';
import { ClientError } from '../errors.ts';
import { reasonOf, within } from '../wait.ts';
import type { Credentials } from './credentials.ts';
import {
  connectError,
  connectionError,
  closedByBroker,
  publishError,
  VersionRefused,
} from './broker-errors.ts';
import type { MqttVersion } from './version-choice.ts';

/** Opens one MQTT connection; production calls `mqtt.connect`. */
export type OpenMqtt = (url: string, options: IClientOptions) => MqttClient;

/** How long taking leave may take in all. */
const DISCONNECT_TIMEOUT_MS = 2_000;

/** Messages that may be on their way unacknowledged where the broker sets no limit: MQTT 5, section 3.2.2.3.3. */
const DEFAULT_RECEIVE_MAXIMUM = 65_535;

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
  /** How long the broker may leave the oldest message unacknowledged before the connection counts as dead. */
  readonly ackTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One connection to the broker, from the attempt to its end. mqtt.js is the transport alone: it neither reconnects nor
 * stores, so what it has not seen acknowledged is still ours.
 */
export class BrokerConnection {
  readonly #client: MqttClient;
  readonly #ackTimeoutMs: number;
  readonly #ended = new AbortController();
  /** How to fail each message that is on its way, oldest first; a Set would keep the garbage of a week's backlog. */
  #inFlight: ((reason: Error) => void)[] = [];
  #ackTimer: NodeJS.Timeout | undefined;
  /** Messages at QoS 1 of which the broker has said nothing yet. */
  #unacknowledged = 0;
  #isOpen = false;
  #disconnectReason: number | undefined;

  private constructor(client: MqttClient, ackTimeoutMs: number) {
    this.#client = client;
    this.#ackTimeoutMs = ackTimeoutMs;
    // They stay for good: mqtt.js reports errors even behind the end, and an error without a listener is thrown.
    client.on('error', this.#onError);
    client.on('close', this.#onClose);
    client.on('disconnect', ({ reasonCode }) => (this.#disconnectReason = reasonCode));
  }

  /** @throws VersionRefused, CredentialsRefused, or ClientError `timeout` or `peer`; nothing is left open. */
  static async open(open: OpenMqtt, options: ConnectOptions): Promise<BrokerConnection> {
    const { url, clientId, credentials, keepAliveS, version, will, timeoutMs, ackTimeoutMs, signal } =
      options;
    const client = open(url, {
      ...credentials,
      clientId,
      keepalive: keepAliveS,
      protocolVersion: version,
      will: { ...will, payload: Buffer.from(will.payload) },
      clean: true,
      reconnectPeriod: 0,
      // Ours comes first.
      connectTimeout: 2 * timeoutMs,
      queueQoSZero: false,
      // Of all numbers that fit in two bytes, 7 MB.
      writeCache: false,
    });
    const connection = new BrokerConnection(client, ackTimeoutMs);
    try {
      await connection.#untilConnected(timeoutMs, signal);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** Aborts once the connection is gone; a HungUp as its reason says that the broker wanted it so. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** How many messages the broker takes at a time without having acknowledged them. */
  get receiveMaximum(): number {
    return this.#client.serverProperties?.receiveMaximum ?? DEFAULT_RECEIVE_MAXIMUM;
  }

  /**
   * Resolves once the message is handed over: acknowledged by the broker for QoS 1, written for QoS 0. A broker that
   * leaves it unacknowledged for too long loses the connection, and with it whatever is on its way fails.
   * @throws MessageRefused, or the reason why the connection ended first.
   */
  publish({ topic, payload, qos, retain }: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.ended.aborted) {
        reject(reasonOf(this.ended));
        return;
      }
      this.#inFlight.push(reject);
      if (qos === 1) this.#startAckTimer();
      this.#client.publish(topic, payload, { qos, retain }, (error) => {
        const refused = error && publishError(topic, error);
        // Any other error is no answer: the connection is about to end, and will say why.
        if (error && !refused) return;
        const at = this.#inFlight.indexOf(reject);
        if (at >= 0) this.#inFlight.splice(at, 1);
        // That a message was written says nothing of the broker.
        if (qos === 1) this.#onAcknowledged();
        if (refused) reject(refused);
        else resolve();
      });
    });
  }

  /** Publishes the last words behind everything else, and hangs up so that the last will is not published; 2 s at most. */
  async disconnect(lastMessage: Message): Promise<void> {
    const bounds = { timeoutMs: DISCONNECT_TIMEOUT_MS, what: 'Leaving the broker', signals: [this.ended] };
    await within<void>(bounds, (succeed, fail) => {
      this.publish(lastMessage).then(() => this.#client.end(false, () => succeed()), fail);
      return undefined;
    }).catch(() => undefined);
    this.destroy();
  }

  /** Hangs up without a word: the broker publishes the last will. */
  destroy(): void {
    this.#end(new ClientError('link_lost', 'The connection to the broker was given up'));
    // `end` would do nothing while an earlier one still waits for the broker.
    this.#client.stream.destroy();
  }

  async #untilConnected(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const bounds = { timeoutMs, what: 'Connecting to the broker', signals: [signal, this.ended] };
    await within<void>(bounds, (succeed) => {
      const onConnect = (): void => {
        this.#isOpen = true;
        succeed();
      };
      this.#client.once('connect', onConnect);
      return () => this.#client.off('connect', onConnect);
    });
  }

  #startAckTimer(): void {
    this.#unacknowledged += 1;
    this.#ackTimer ??= setTimeout(this.#onAckTimeout, this.#ackTimeoutMs);
  }

  /** Something that was on its way is acknowledged: the broker has as long again for the rest. */
  #onAcknowledged(): void {
    this.#unacknowledged -= 1;
    if (this.#unacknowledged > 0) {
      this.#ackTimer?.refresh();
      return;
    }
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
  }

  #end(reason: ClientError): void {
    this.#ended.abort(reason);
    for (const fail of this.#inFlight) fail(reasonOf(this.ended));
    this.#inFlight = [];
    this.#unacknowledged = 0;
    clearTimeout(this.#ackTimer);
  }

  readonly #onAckTimeout = (): void => {
    const seconds = this.#ackTimeoutMs / 1000;
    this.#end(new ClientError('timeout', `The broker has acknowledged nothing for ${seconds} s`));
  };

  /** What mqtt.js calls an error leaves the connection in doubt, even where mqtt.js goes on. */
  readonly #onError = (error: Error): void => {
    this.#end(this.#isOpen ? connectionError(error) : connectError(error));
  };

  readonly #onClose = (): void => {
    this.#end(
      this.#isOpen
        ? closedByBroker(this.#disconnectReason)
        : new VersionRefused('The broker hung up before it answered', false),
    );
  };
}
