import type { IClientOptions, IConnackPacket, MqttClient, OnPacketCallback } from 'mqtt';
import { ClientError } from '../errors.ts';
import { reasonOf, within } from '../wait.ts';
import {
  AcknowledgementMissing,
  closedBeforeConnack,
  closedByBroker,
  connectError,
  connectionError,
  noAnswer,
  publishError,
} from './broker-errors.ts';
import { capabilitiesOf, type Capabilities } from './capabilities.ts';
import type { ConnectOffer } from './connect-offer.ts';
import type { Credentials } from './credentials.ts';
import { IdlePing } from './idle-ping.ts';
import { InFlight } from './in-flight.ts';
import { MAX_PACKET_BYTES, PacketGuard } from './packet-guard.ts';
import { PingAcknowledgements } from './ping-acknowledgements.ts';
import { PublishFormat, type EncodedMessage, type Message } from './publish-format.ts';
import { SendQuota } from './send-quota.ts';

/** Opens one MQTT connection; production calls `mqtt.connect`. */
export type OpenMqtt = (url: string, options: IClientOptions) => MqttClient;

/** Timeout of the last message and DISCONNECT together. */
const DISCONNECT_TIMEOUT_MS = 2_000;

export interface ConnectOptions {
  readonly url: string;
  readonly clientId: string;
  readonly credentials: Credentials;
  readonly keepAliveS: number;
  readonly offer: ConnectOffer;
  /** Topics that get an alias if the broker permits it, the most frequent first. */
  readonly frequentTopics?: readonly string[];
  readonly timeoutMs: number;
  /** The connection ends if the broker does not acknowledge the oldest message for this long. */
  readonly ackTimeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * One connection to the broker, from the attempt to its end. mqtt.js is only the transport: it neither reconnects nor
 * stores messages, so every unacknowledged message is still in the outbox. Whatever the broker does not support is left
 * out: messages are not retained, sent at QoS 0, or not sent if they are too large.
 */
export class BrokerConnection {
  readonly #client: MqttClient;
  readonly #isEncrypted: boolean;
  readonly #ended = new AbortController();
  readonly #pings: PingAcknowledgements;
  readonly #idlePing: IdlePing;
  readonly #guard = new PacketGuard();
  readonly #inFlight: InFlight;
  /** Rejects each message at QoS 0 that is being written. */
  #writing: ((reason: Error) => void)[] = [];
  #capabilities = capabilitiesOf();
  #quota = new SendQuota(this.#capabilities.receiveMaximum);
  #format: PublishFormat;
  #openedMs = Infinity;
  #isOpen = false;
  #disconnectReason: number | undefined;

  private constructor(client: MqttClient, options: ConnectOptions) {
    const { url, ackTimeoutMs: timeoutMs } = options;
    this.#client = client;
    this.#isEncrypted = /^(mqtts|wss):/.test(url);
    this.#format = formatFor(options, this.#capabilities);
    this.#pings = new PingAcknowledgements(client);
    this.#idlePing = new IdlePing(client);
    this.#inFlight = new InFlight({
      timeoutMs,
      onOverdue: ({ topic, othersAcknowledged }) =>
        this.#end(new AcknowledgementMissing(topic, timeoutMs, othersAcknowledged)),
    });
    // Never removed: mqtt.js emits errors even after the end, and an error without a listener is thrown.
    client.on('error', this.#onError);
    client.on('close', this.#onClose);
    client.on('disconnect', ({ reasonCode }) => (this.#disconnectReason = reasonCode));
    // Before mqtt.js, which starts to buffer a packet as soon as it has its header.
    client.stream.prependListener('data', this.#onData);
  }

  /**
   * Connects. @throws VersionRefused, OfferRefused, CredentialsRefused, or ClientError `timeout` or `peer`; nothing is
   * left open.
   */
  static async open(open: OpenMqtt, options: ConnectOptions): Promise<BrokerConnection> {
    const { url, clientId, credentials, keepAliveS, offer, timeoutMs } = options;
    const { version, will } = offer;
    const client = open(url, {
      ...credentials,
      clientId,
      keepalive: keepAliveS,
      protocolVersion: version,
      ...(version === 5 && { properties: { maximumPacketSize: MAX_PACKET_BYTES } }),
      ...(will && { will: { ...will, payload: Buffer.from(will.payload) } }),
      wsOptions: { maxPayload: MAX_PACKET_BYTES },
      clean: true,
      reconnectPeriod: 0,
      // Longer than our own timeout, which has the better message.
      connectTimeout: 2 * timeoutMs,
      queueQoSZero: false,
      // Saves 7 MB: mqtt.js would cache the encoding of every 16-bit number.
      writeCache: false,
    });
    const connection = new BrokerConnection(client, options);
    try {
      await connection.#untilConnected(options);
      return connection;
    } catch (error) {
      connection.destroy();
      const isTimeout = error instanceof ClientError && error.code === 'timeout';
      throw isTimeout ? noAnswer(error, connection.#isEncrypted) : error;
    }
  }

  /** Aborts once the connection is gone; the reason is ClosedByBroker if the broker closed it. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** For how long it has been up, in milliseconds. */
  get upMs(): number {
    return Math.max(0, performance.now() - this.#openedMs);
  }

  /** Number of messages that the broker has acknowledged. */
  get acknowledged(): number {
    return this.#inFlight.acknowledged;
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** Limits the messages in flight. */
  get quota(): SendQuota {
    return this.#quota;
  }

  /** Size of the largest payload of a message, in bytes; not above 0 if there is none. */
  maxPayloadBytes(message: Omit<Message, 'payload'>): number {
    return this.#format.maxPayloadBytes(message);
  }

  /**
   * Publishes a message beside the samples, as soon as the quota permits it; otherwise like `send`.
   * @throws MessageRefused, or the reason why the connection ended first.
   */
  async publish(message: Message): Promise<void> {
    if (message.qos === 0) {
      await this.send(message);
      return;
    }
    const release = await this.#quota.acquire('other', [this.ended]);
    try {
      await this.send(message);
    } finally {
      release();
    }
  }

  /**
   * Publishes a message; resolves once it is acknowledged (QoS 1) or written (QoS 0). If the broker does not acknowledge
   * the oldest message for too long, the connection ends, and every message in flight fails.
   * @throws MessageRefused, or the reason why the connection ended first.
   */
  send(message: Message): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.ended.aborted) {
        reject(reasonOf(this.ended));
        return;
      }
      if (message.qos === 0) this.#write(this.#format.encode(message), resolve, reject);
      else this.#writeAcknowledged(message, resolve, reject);
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

  async #untilConnected(options: ConnectOptions): Promise<void> {
    const { timeoutMs, keepAliveS, signal } = options;
    const bounds = { timeoutMs, what: 'Connecting to the broker', signals: [signal, this.ended] };
    await within<void>(bounds, (succeed) => {
      const onConnect = (): void => {
        this.#isOpen = true;
        this.#openedMs = performance.now();
        this.#capabilities = capabilitiesOf(this.#client.serverProperties);
        this.#quota = new SendQuota(this.#capabilities.receiveMaximum);
        this.#format = formatFor(options, this.#capabilities);
        this.#idlePing.start();
        succeed();
      };
      const onPacket: OnPacketCallback = (packet) => {
        if (packet.cmd === 'connack') limitKeepAlive(packet, keepAliveS);
      };
      this.#client.once('connect', onConnect);
      this.#client.on('packetreceive', onPacket);
      return () => this.#client.off('connect', onConnect).off('packetreceive', onPacket);
    });
  }

  #write({ topic, payload, options }: EncodedMessage, resolve: () => void, reject: Reject): void {
    this.#writing.push(reject);
    this.#client.publish(topic, payload, options, (error) => {
      // An error is no response of the broker: the connection is about to end with its own reason.
      if (error) return;
      this.#writing.splice(this.#writing.indexOf(reject), 1);
      resolve();
    });
  }

  #writeAcknowledged(message: Message, resolve: () => void, reject: Reject): void {
    const { topic, payload, options } = this.#format.encode(message);
    const inFlight = { topic: message.topic, fail: reject };
    this.#inFlight.add(inFlight);
    this.#client.publish(topic, payload, options, (error) => {
      const refused = error && publishError(message.topic, error);
      if (options.qos === 0 || (error && !refused)) return;
      this.#inFlight.acknowledge(inFlight);
      if (refused) reject(refused);
      else resolve();
    });
    if (options.qos === 1) return;
    this.#pings.add(() => {
      this.#inFlight.acknowledge(inFlight);
      resolve();
    });
  }

  #end(reason: ClientError): void {
    this.#ended.abort(reason);
    this.#idlePing.stop();
    const error = reasonOf(this.ended);
    this.#inFlight.fail(error);
    for (const fail of this.#writing) fail(error);
    this.#writing = [];
  }

  readonly #onData = (chunk: Buffer): void => {
    const error = this.ended.aborted ? undefined : this.#guard.check(chunk);
    if (!error) return;
    this.#end(error);
    this.#client.stream.destroy();
  };

  /** Ends the connection on any error, even if mqtt.js would continue: its state is uncertain. */
  readonly #onError = (error: Error): void => {
    this.#end(this.#isOpen ? connectionError(error) : connectError(error, this.#isEncrypted));
  };

  readonly #onClose = (): void => {
    this.#end(this.#isOpen ? closedByBroker(this.#disconnectReason) : closedBeforeConnack(this.#isEncrypted));
  };
}

type Reject = (reason: Error) => void;

function formatFor(
  { offer: { version }, frequentTopics = [] }: ConnectOptions,
  capabilities: Capabilities,
): PublishFormat {
  return new PublishFormat({ version, capabilities, frequentTopics });
}

/** Ignores a longer keep-alive of the broker, which mqtt.js would adopt: a dead connection would be detected later. */
function limitKeepAlive({ properties }: IConnackPacket, keepAliveS: number): void {
  if (properties && (capabilitiesOf(properties).keepAliveS ?? 0) > keepAliveS)
    delete properties.serverKeepAlive;
}
