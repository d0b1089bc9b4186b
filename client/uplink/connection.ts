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

/** Timeout of the last message and DISCONNECT together. */
const DISCONNECT_TIMEOUT_MS = 2_000;

/** Number of messages that may be in flight if the broker sets no limit: MQTT 5, section 3.2.2.3.3. */
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
  /** The message that the broker publishes if the connection ends without DISCONNECT. */
  readonly will: Message;
  readonly timeoutMs: number;
  /** The connection is dropped if the broker acknowledges nothing for this long while messages are in flight. */
  readonly ackTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One connection to the broker, from the attempt to its end. mqtt.js is only the transport: it neither reconnects nor
 * stores messages, so every unacknowledged message is still in the outbox.
 */
export class BrokerConnection {
  readonly #client: MqttClient;
  readonly #ackTimeoutMs: number;
  readonly #ended = new AbortController();
  /** Rejects each message in flight, oldest first; not a Set, which would retain memory after a long backlog. */
  #inFlight: ((reason: Error) => void)[] = [];
  #ackTimer: NodeJS.Timeout | undefined;
  /** Number of messages at QoS 1 in flight. */
  #unacknowledged = 0;
  #acknowledged = 0;
  #openedMs = Infinity;
  #isOpen = false;
  #disconnectReason: number | undefined;

  private constructor(client: MqttClient, ackTimeoutMs: number) {
    this.#client = client;
    this.#ackTimeoutMs = ackTimeoutMs;
    // Never removed: mqtt.js emits errors even after the end, and an error without a listener is thrown.
    client.on('error', this.#onError);
    client.on('close', this.#onClose);
    client.on('disconnect', ({ reasonCode }) => (this.#disconnectReason = reasonCode));
  }

  /** Connects. @throws VersionRefused, CredentialsRefused, or ClientError `timeout` or `peer`; nothing is left open. */
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
      // Longer than our own timeout, whose message is better.
      connectTimeout: 2 * timeoutMs,
      queueQoSZero: false,
      // Saves 7 MB: mqtt.js would cache the encoding of every 16-bit number.
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

  /** Aborts once the connection is gone; the reason is ClosedByBroker if the broker closed it. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Time since the connection was opened, in milliseconds. */
  get upMs(): number {
    return Math.max(0, performance.now() - this.#openedMs);
  }

  /** Number of messages that the broker has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Maximum number of messages in flight. */
  get receiveMaximum(): number {
    return this.#client.serverProperties?.receiveMaximum ?? DEFAULT_RECEIVE_MAXIMUM;
  }

  /**
   * Publishes a message; resolves once it is acknowledged (QoS 1) or written (QoS 0). If the broker acknowledges nothing
   * for too long, the connection ends, and every message in flight fails.
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
        // Any other error is not a response of the broker: the connection is about to end with its own reason.
        if (error && !refused) return;
        const at = this.#inFlight.indexOf(reject);
        if (at >= 0) this.#inFlight.splice(at, 1);
        // A written message at QoS 0 is no evidence that the broker is alive.
        if (qos === 1) this.#onAcknowledged();
        if (refused) reject(refused);
        else resolve();
      });
    });
  }

  /** Publishes a last message after all others, then disconnects, so that the will is not published; takes 2 s at most. */
  async disconnect(lastMessage: Message): Promise<void> {
    const bounds = {
      timeoutMs: DISCONNECT_TIMEOUT_MS,
      what: 'Disconnecting from the broker',
      signals: [this.ended],
    };
    await within<void>(bounds, (succeed, fail) => {
      this.publish(lastMessage).then(() => this.#client.end(false, () => succeed()), fail);
      return undefined;
    }).catch(() => undefined);
    this.destroy();
  }

  /** Closes the connection without DISCONNECT, so that the broker publishes the will. */
  destroy(): void {
    this.#end(new ClientError('link_lost', 'The client closed the connection to the broker'));
    // `end` would do nothing while an earlier `end` is still waiting for the broker.
    this.#client.stream.destroy();
  }

  async #untilConnected(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const bounds = { timeoutMs, what: 'Connecting to the broker', signals: [signal, this.ended] };
    await within<void>(bounds, (succeed) => {
      const onConnect = (): void => {
        this.#isOpen = true;
        this.#openedMs = performance.now();
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

  /** Restarts the timer for the messages still in flight. */
  #onAcknowledged(): void {
    this.#unacknowledged -= 1;
    this.#acknowledged += 1;
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

  /** Ends the connection on any error, even if mqtt.js would continue: its state is uncertain. */
  readonly #onError = (error: Error): void => {
    this.#end(this.#isOpen ? connectionError(error) : connectError(error));
  };

  readonly #onClose = (): void => {
    this.#end(
      this.#isOpen
        ? closedByBroker(this.#disconnectReason)
        : new VersionRefused('The broker closed the connection before CONNACK', false),
    );
  };
}
