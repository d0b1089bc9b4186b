import type { IClientOptions, MqttClient } from 'mqtt';
import { ClientError } from '../errors.ts';
import { reasonOf, within } from '../wait.ts';
import type { Credentials } from './credentials.ts';
import { connectFailure, connectionFailure, hangUp, refusedMessage, VersionRefused } from './refusal.ts';
import type { MqttVersion } from './version-choice.ts';

/** Opens one MQTT connection; production calls `mqtt.connect`. */
export type OpenMqtt = (url: string, options: IClientOptions) => MqttClient;

/** How long taking leave may take in all. */
const GOODBYE_TIMEOUT_MS = 2_000;

/** Messages that may be on their way unacknowledged where the broker sets no limit: MQTT 5, section 3.2.2.3.3. */
const UNLIMITED_RECEIVE_MAXIMUM = 65_535;

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
  #onTheWay: ((reason: Error) => void)[] = [];
  #silence: NodeJS.Timeout | undefined;
  /** Messages at QoS 1 of which the broker has said nothing yet. */
  #unacknowledged = 0;
  #acknowledged = 0;
  #openedMs = Infinity;
  #isOpen = false;
  #lastWords: number | undefined;

  private constructor(client: MqttClient, ackTimeoutMs: number) {
    this.#client = client;
    this.#ackTimeoutMs = ackTimeoutMs;
    // They stay for good: mqtt.js reports errors even behind the end, and an error without a listener is thrown.
    client.on('error', this.#onError);
    client.on('close', this.#onClose);
    client.on('disconnect', ({ reasonCode }) => (this.#lastWords = reasonCode));
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
      await connection.#opened(timeoutMs, signal);
      return connection;
    } catch (error) {
      connection.abandon();
      throw error;
    }
  }

  /** Aborts once the connection is gone; a HungUp as its reason says that the broker wanted it so. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** For how long it has been up, in milliseconds. */
  get upMs(): number {
    return Math.max(0, performance.now() - this.#openedMs);
  }

  /** Number of messages that the broker has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** How many messages the broker takes at a time without having acknowledged them. */
  get receiveMaximum(): number {
    return this.#client.serverProperties?.receiveMaximum ?? UNLIMITED_RECEIVE_MAXIMUM;
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
      this.#onTheWay.push(reject);
      if (qos === 1) this.#awaitsAcknowledgement();
      this.#client.publish(topic, payload, { qos, retain }, (error) => {
        const refused = error && refusedMessage(topic, error);
        // Any other error is no answer: the connection is about to end, and will say why.
        if (error && !refused) return;
        const at = this.#onTheWay.indexOf(reject);
        if (at >= 0) this.#onTheWay.splice(at, 1);
        // That a message was written says nothing of the broker.
        if (qos === 1) this.#heard();
        if (refused) reject(refused);
        else resolve();
      });
    });
  }

  /** Publishes the last words behind everything else, and hangs up so that the last will is not published; 2 s at most. */
  async leave(lastWords: Message): Promise<void> {
    const bounds = { timeoutMs: GOODBYE_TIMEOUT_MS, what: 'Leaving the broker', signals: [this.ended] };
    await within<void>(bounds, (succeed, fail) => {
      this.publish(lastWords).then(() => this.#client.end(false, () => succeed()), fail);
      return undefined;
    }).catch(() => undefined);
    this.abandon();
  }

  /** Hangs up without a word: the broker publishes the last will. */
  abandon(): void {
    this.#end(new ClientError('link_lost', 'The connection to the broker was given up'));
    // `end` would do nothing while an earlier one still waits for the broker.
    this.#client.stream.destroy();
  }

  async #opened(timeoutMs: number, signal: AbortSignal): Promise<void> {
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

  #awaitsAcknowledgement(): void {
    this.#unacknowledged += 1;
    this.#silence ??= setTimeout(this.#onSilence, this.#ackTimeoutMs);
  }

  /** Something that was on its way is acknowledged: the broker has as long again for the rest. */
  #heard(): void {
    this.#unacknowledged -= 1;
    this.#acknowledged += 1;
    if (this.#unacknowledged > 0) {
      this.#silence?.refresh();
      return;
    }
    clearTimeout(this.#silence);
    this.#silence = undefined;
  }

  #end(reason: ClientError): void {
    this.#ended.abort(reason);
    for (const fail of this.#onTheWay) fail(reasonOf(this.ended));
    this.#onTheWay = [];
    this.#unacknowledged = 0;
    clearTimeout(this.#silence);
  }

  readonly #onSilence = (): void => {
    const seconds = this.#ackTimeoutMs / 1000;
    this.#end(new ClientError('timeout', `The broker has acknowledged nothing for ${seconds} s`));
  };

  /** What mqtt.js calls an error leaves the connection in doubt, even where mqtt.js goes on. */
  readonly #onError = (error: Error): void => {
    this.#end(this.#isOpen ? connectionFailure(error) : connectFailure(error));
  };

  readonly #onClose = (): void => {
    this.#end(
      this.#isOpen
        ? hangUp(this.#lastWords)
        : new VersionRefused('The broker hung up before it answered', false),
    );
  };
}
