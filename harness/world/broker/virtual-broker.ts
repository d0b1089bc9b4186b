import type { Duplex } from 'node:stream';
import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes';
import { MqttClient } from 'mqtt';
import type { OpenMqtt } from '../../../client/uplink/connection.ts';
import { scheduleFor, type Owner } from '../clock/timer-owner.ts';
import type { BrokerBehaviour, ConnectingClient } from './broker-behaviour.ts';
import type { BrokerEvent, ConnectionTerms, EventContent, ReceivedMessage } from './broker-event.ts';
import { openNetworkConnection, type NetworkConditions, type NetworkConnection } from './duplex-pair.ts';
import { openMqtt5Gateway, type BrokerLimits, type Mqtt5Connection } from './mqtt5-gateway.ts';

export interface VirtualBrokerOptions {
  readonly onEvent?: (event: BrokerEvent) => void;
  /** Makes it a broker of MQTT 5 with these limits, unless a behaviour has others. */
  readonly limits?: BrokerLimits;
  /** What it demands in CONNECT; it accepts any client by default. */
  readonly login?: BrokerLogin;
}

/** User name and password of a client. */
export interface BrokerLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * Runs Aedes without a network: clients connect through in-memory streams. It supports MQTT 3.1.1 only, and MQTT 5 only
 * through a gateway with limits.
 */
export class VirtualBroker {
  /** The faults in force. */
  readonly behaviours = new Set<BrokerBehaviour>();
  /** Reason codes of the limits that clients have violated. */
  readonly violations: number[] = [];
  /** The network between the clients and the broker. */
  readonly network: NetworkConditions = { lagMs: 0, chunkBytes: Infinity };
  readonly #aedes: Aedes;
  readonly #onEvent: (event: BrokerEvent) => void;
  readonly #connections = new Set<NetworkConnection>();
  readonly #delays = new Set<NodeJS.Timeout>();
  /** The connections that Aedes has through the gateway. */
  readonly #gateways = new WeakMap<object, GatewayConnection>();
  /** Ends a connection of MQTT 5, by its end at the broker. */
  readonly #mqtt5 = new WeakMap<Duplex, Mqtt5Connection>();
  readonly #ownLimits: BrokerLimits | undefined;
  readonly #login: BrokerLogin | undefined;
  #lastMessageId = 0;
  #isUp = true;

  private constructor({ onEvent = () => undefined, limits, login }: VirtualBrokerOptions) {
    this.#ownLimits = limits;
    this.#login = login;
    this.#onEvent = onEvent;
    this.#aedes = new Aedes({
      id: 'virtual-broker',
      authenticate: this.#authenticate,
      authorizePublish: this.#authorizePublish,
    });
    this.#aedes.on('client', (client) => {
      this.#report({ type: 'connected', clientId: client.id, ...this.#termsOf(client) });
    });
    this.#aedes.on('clientDisconnect', ({ id }) => this.#report({ type: 'disconnected', clientId: id }));
  }

  static async start(options: VirtualBrokerOptions = {}): Promise<VirtualBroker> {
    const broker = new VirtualBroker(options);
    await broker.#aedes.listen();
    return broker;
  }

  /** Opens an MQTT connection to this broker, whatever the URL. */
  readonly open: OpenMqtt = (_url, options) =>
    new MqttClient(() => {
      const { clientId = '', protocolVersion: version = 4, will } = options;
      const offeredWill = will ? `will of QoS ${will.qos}${will.retain ? ', retained' : ''}` : 'no will';
      this.#report({ type: 'attempt', clientId, version, offer: `MQTT ${version}, ${offeredWill}` });
      return this.#connect(clientId, version);
    }, options);

  /** Simulates a crash: no last will is published, and the port is closed until the restart. */
  stop(): void {
    this.#isUp = false;
    this.disconnectAll();
  }

  /** Restarts with the retained messages from before. */
  restart(): void {
    this.#isUp = true;
  }

  /** Closes the connections of all clients. */
  disconnectAll(): void {
    for (const { ends } of this.#connections) ends[1].destroy();
  }

  /** Closes the connections of all clients with a reason code, which only MQTT 5 has. */
  disconnectWith(reasonCode: number): void {
    for (const { ends } of this.#connections) {
      const connection = this.#mqtt5.get(ends[1]);
      if (connection) connection.disconnect(reasonCode);
      else ends[1].destroy();
    }
  }

  /** Resets the connections of all clients. */
  resetAll(): void {
    for (const { ends, owner } of this.#connections)
      scheduleFor(owner, () => ends[0].destroy(connectionReset()));
  }

  /** Identifier of the last message that a client sent, 0 before the first one. */
  get lastMessageId(): number {
    return this.#lastMessageId;
  }

  /** Sends bytes that no client expects, on all connections. */
  send(bytes: Buffer): void {
    for (const { ends } of this.#connections) ends[1].write(bytes);
  }

  /** Makes all connections half-open: nothing gets through, and neither side notices. */
  sever(): void {
    for (const { sever } of this.#connections) sever();
  }

  /** Ends the connections of a process: its host closes them, unless that has lost its power too. */
  processEnded(owner: Owner, isPowerCut: boolean): void {
    for (const { ends, owner: own, sever } of [...this.#connections]) {
      if (own !== owner) continue;
      sever();
      if (!isPowerCut) ends[1].destroy();
    }
  }

  /** Number of connections that a process has open, whether the broker knows of their end or not. */
  countConnections(owner: Owner): number {
    return [...this.#connections].filter((line) => line.owner === owner && !line.ends[0].destroyed).length;
  }

  /** Closes the broker, and leaves no timer behind. */
  async close(): Promise<void> {
    this.stop();
    for (const delay of this.#delays) clearTimeout(delay);
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }

  #connect(clientId: string, version: number): Duplex {
    const outcome = this.#isUp ? this.#firstAnswer(({ onConnect }) => onConnect?.(version)) : 'refused';
    if (outcome === 'refused' || outcome === 'disconnect' || outcome === 'reset')
      this.#report({ type: 'refused', clientId });
    const line = openNetworkConnection(this.network);
    const [client, server] = line.ends;
    if (outcome === 'refused') setImmediate(() => client.destroy(connectionRefused()));
    if (outcome === 'disconnect') setImmediate(() => client.destroy());
    if (outcome === 'reset') setImmediate(() => client.destroy(connectionReset()));
    if (outcome === 'silence') line.sever();
    const foreignAnswer = this.#firstAnswer((behaviour) => behaviour.foreignAnswer);
    if (outcome === undefined && foreignAnswer) this.#answerAsOther(server, clientId, foreignAnswer);
    else if (outcome === undefined) {
      this.#connections.add(line);
      server.once('close', () => this.#connections.delete(line));
      const limits = this.#firstAnswer((behaviour) => behaviour.limits) ?? this.#ownLimits;
      this.#closeLater(server);
      scheduleFor(undefined, () => this.#accept(server, limits));
    }
    return client;
  }

  #answerAsOther(server: Duplex, clientId: string, answer: Buffer): void {
    server
      .on('error', () => undefined)
      .once('data', () => {
        this.#report({ type: 'refused', clientId });
        server.write(answer);
        setImmediate(() => server.destroy());
      });
  }

  /** Closes a connection after the time of the fault that applies, unless that has ended. */
  #closeLater(server: Duplex): void {
    const flapping = [...this.behaviours].find(({ closesAfterMs }) => closesAfterMs !== undefined);
    if (!flapping) return;
    this.#delay(() => {
      if (this.behaviours.has(flapping)) server.destroy();
    }, flapping.closesAfterMs ?? 0);
  }

  #accept(server: Duplex, limits: BrokerLimits | undefined): void {
    if (limits) {
      const connectUpstream = (stream: Duplex, forbid: (messageId: number) => void): void => {
        this.#gateways.set(stream, { limits, forbid, downstream: server });
        this.#aedes.handle(stream);
      };
      const onViolation = (clientId: string, reason: number): void => {
        this.violations.push(reason);
        this.#report({ type: 'violation', clientId, reason });
      };
      const onRefusal = (clientId: string, code: number): void =>
        this.#report({ type: 'refused', clientId, code });
      this.#mqtt5.set(server, openMqtt5Gateway(server, { limits, connectUpstream, onViolation, onRefusal }));
    } else this.#aedes.handle(server);
  }

  #termsOf({ conn, will }: ClientWithWill): ConnectionTerms {
    const { maximumQoS = 2, retainAvailable = true } = this.#gateways.get(conn)?.limits ?? {};
    if (!will) return { maximumQoS, retainAvailable };
    const { topic, payload, qos, retain } = will;
    return { maximumQoS, retainAvailable, will: { topic, payload: payload.toString(), qos, retain } };
  }

  readonly #authenticate: NonNullable<AedesOptions['authenticate']> = (client, username, password, done) => {
    const connecting = { clientId: client.id, username, password: password?.toString() };
    const refusal = this.#firstAnswer(({ connectReturnCode }) => connectReturnCode?.(connecting));
    const returnCode = refusal ?? (this.#knows(connecting) ? undefined : BAD_CREDENTIALS);
    if (returnCode === undefined) {
      done(null, true);
      return;
    }
    const { downstream } = this.#gateways.get(client.conn) ?? { downstream: client.conn };
    // No return code reaches a client whose connection was closed while its CONNECT was under way.
    const code = downstream.destroyed ? {} : { code: returnCode };
    this.#report({ type: 'refused', clientId: client.id, ...code });
    done(Object.assign(new Error('not authorized'), { returnCode }), null);
  };

  #knows({ username, password }: ConnectingClient): boolean {
    return !this.#login || (username === this.#login.username && password === this.#login.password);
  }

  readonly #authorizePublish: NonNullable<AedesOptions['authorizePublish']> = (
    client,
    packet: PublishPacket & { readonly messageId?: number },
    done,
  ) => {
    if (packet.messageId !== undefined) this.#lastMessageId = packet.messageId;
    const message = received(client, packet);
    const behaviours = [...this.behaviours];
    const isForbidden = behaviours.some(({ forbidsTopic }) => forbidsTopic?.(packet.topic));
    if (this.#isUp) this.#report({ type: 'received', ...message, ...(isForbidden && { isForbidden }) });
    // Aedes acknowledges what it takes for QoS 1.
    if (this.#firstAnswer(({ isDeaf }) => isDeaf) && client) packet.qos = 0;
    const isRejected =
      (isForbidden && !this.#discard(client, packet, message.isWill)) ||
      behaviours.some(({ rejectsMessage }) => rejectsMessage?.(message));
    const delayMs = this.#firstAnswer((behaviour) => behaviour.delayMs);
    if (isRejected || !this.#isUp) done(new Error('not authorized'));
    else if (delayMs === undefined) done();
    else this.#delay(done, delayMs);
  };

  /**
   * Discards a forbidden message if the client can be told so, which takes MQTT 5, or if it is a last will: Aedes throws if
   * one is rejected.
   */
  #discard(
    client: Client | null,
    packet: PublishPacket & { readonly messageId?: number },
    isWill: boolean,
  ): boolean {
    const forbid = client && !isWill ? this.#gateways.get(client.conn)?.forbid : undefined;
    if (!forbid && !isWill) return false;
    if (packet.qos > 0) forbid?.(packet.messageId ?? 0);
    // Aedes acknowledges what it publishes; nobody subscribes to this topic.
    packet.topic = DISCARDED_TOPIC;
    packet.retain = false;
    return true;
  }

  #delay(act: () => void, delayMs: number): void {
    const delay = setTimeout(() => {
      this.#delays.delete(delay);
      act();
    }, delayMs);
    this.#delays.add(delay);
  }

  #report(event: EventContent): void {
    this.#onEvent({ atMs: performance.now(), ...event });
  }

  /** The first answer of a behaviour that is not undefined. */
  #firstAnswer<T>(ask: (behaviour: BrokerBehaviour) => T | undefined): T | undefined {
    for (const behaviour of this.behaviours) {
      const answer = ask(behaviour);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}

/** A connection through the gateway of MQTT 5. */
interface GatewayConnection {
  readonly limits: BrokerLimits;
  /** Refuses a message, by its identifier. */
  readonly forbid: (messageId: number) => void;
  /** The end of the network connection at the broker. */
  readonly downstream: Duplex;
}

const DISCARDED_TOPIC = '$discarded';
/** Bad user name or password: MQTT 3.1.1, section 3.2.2.3. */
const BAD_CREDENTIALS = 4;

function received(client: ClientWithWill | null, packet: PublishPacket): ReceivedMessage {
  const { topic, payload, qos, retain } = packet;
  const clientId = client?.id ?? '';
  return { clientId, topic, payload: payload.toString(), qos, retain, isWill: client?.will === packet };
}

/** Aedes keeps the last will here until the client has disconnected. */
type ClientWithWill = Client & { readonly will?: PublishPacket | null };

/** The error that Node.js reports for a closed port. */
function connectionRefused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
}

/** The error that Node.js reports for a connection that the other side has reset. */
function connectionReset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}

export interface SubscriberOptions {
  readonly url: string;
  readonly topic: string;
  readonly onMessage: (payload: string, topic: string) => void;
}

/** An independent MQTT client that subscribes to a topic. */
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
