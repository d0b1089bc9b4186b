import type { Duplex } from 'node:stream';
import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes';
import { MqttClient } from 'mqtt';
import type { OpenMqtt } from '../../../client/uplink/connection.ts';
import { handOver, type Owner } from '../clock/owner.ts';
import { cable, type Cable } from './duplex-pair.ts';

/** What a client shows when it connects. */
export interface Visitor {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** What a client has published, as the broker received it. */
export interface ReceivedMessage {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
  /** The broker said it in the place of a client that went without a goodbye. */
  readonly isWill: boolean;
}

type EventContent =
  | { readonly type: 'attempt'; readonly clientId: string; readonly version: number }
  | { readonly type: 'connected' | 'disconnected'; readonly clientId: string }
  | ({ readonly type: 'received' } & ReceivedMessage);

/** What happens at the broker, stamped with `performance.now()`. */
export type BrokerEvent = EventContent & { readonly atMs: number };

/** Something that the broker does differently while it lasts; each hook is optional. */
export interface BrokerBehaviour {
  /** What an attempt meets: a closed port, a port that hangs up at once, or one that never answers. */
  readonly attempt?: (version: number) => 'refused' | 'hang-up' | 'silence' | undefined;
  /** The code of MQTT 3.1.1 with which a visitor is refused, from 2 to 5. */
  readonly admission?: (visitor: Visitor) => number | undefined;
  /** Messages that the client may not publish, on which Aedes hangs up. */
  readonly refuses?: (message: ReceivedMessage) => boolean;
  /** How long a message waits before it is acknowledged and passed on. */
  readonly delayMs?: number;
}

export interface VirtualBrokerOptions {
  readonly onEvent?: (event: BrokerEvent) => void;
}

/** A real Aedes broker without a network: clients reach it over in-memory streams. It speaks MQTT 3.1.1 alone. */
export class VirtualBroker {
  /** Added when a fault begins, deleted when it ends. */
  readonly behaviours = new Set<BrokerBehaviour>();
  readonly #aedes: Aedes;
  readonly #onEvent: (event: BrokerEvent) => void;
  readonly #cables = new Set<Cable>();
  readonly #delays = new Set<NodeJS.Timeout>();
  #isUp = true;

  private constructor({ onEvent = () => undefined }: VirtualBrokerOptions) {
    this.#onEvent = onEvent;
    this.#aedes = new Aedes({
      id: 'virtual-broker',
      authenticate: this.#authenticate,
      authorizePublish: this.#authorizePublish,
    });
    this.#aedes.on('client', ({ id }) => this.#tell({ type: 'connected', clientId: id }));
    this.#aedes.on('clientDisconnect', ({ id }) => this.#tell({ type: 'disconnected', clientId: id }));
  }

  static async start(options: VirtualBrokerOptions = {}): Promise<VirtualBroker> {
    const broker = new VirtualBroker(options);
    await broker.#aedes.listen();
    return broker;
  }

  /** Opens an MQTT connection to this broker, whatever the address says. */
  readonly open: OpenMqtt = (_url, options) =>
    new MqttClient(() => {
      const { clientId = '', protocolVersion: version = 4 } = options;
      this.#tell({ type: 'attempt', clientId, version });
      return this.#connect(version);
    }, options);

  /** The process is gone: nobody says anybody's last will, and the port is closed until it is started again. */
  stop(): void {
    this.#isUp = false;
    this.kick();
  }

  /** Comes back with the messages that it had retained. */
  restart(): void {
    this.#isUp = true;
  }

  /** Hangs up on every client. */
  kick(): void {
    for (const { ends } of this.#cables) ends[1].destroy();
  }

  /** Whoever is connected hears nothing any more and is not heard, though to both sides it looks as if they were. */
  sever(): void {
    for (const { sever } of this.#cables) sever();
  }

  /**
   * A process is gone: its host hangs up for it, or where that lost its power too, the broker hears nothing any more.
   */
  leftBy(owner: Owner, isPowerCut: boolean): void {
    for (const { ends, owner: own, sever } of [...this.#cables]) {
      if (own !== owner) continue;
      sever();
      if (!isPowerCut) ends[1].destroy();
    }
  }

  /** How many connections a process has open. */
  connectionsOf(owner: Owner): number {
    return [...this.#cables].filter((line) => line.owner === owner).length;
  }

  /** Ends it; nothing of it is left alive. */
  async close(): Promise<void> {
    this.stop();
    for (const delay of this.#delays) clearTimeout(delay);
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }

  #connect(version: number): Duplex {
    const fate = this.#isUp ? this.#first(({ attempt }) => attempt?.(version)) : 'refused';
    const line = cable();
    const [client, server] = line.ends;
    if (fate === 'refused') setImmediate(() => client.destroy(connectionRefused()));
    if (fate === 'hang-up') setImmediate(() => client.destroy());
    if (fate === 'silence') line.sever();
    if (fate === undefined) {
      this.#cables.add(line);
      server.once('close', () => this.#cables.delete(line));
      handOver(undefined, () => this.#aedes.handle(server));
    }
    return client;
  }

  readonly #authenticate: NonNullable<AedesOptions['authenticate']> = (client, username, password, done) => {
    const visitor = { clientId: client.id, username, password: password?.toString() };
    const returnCode = this.#first(({ admission }) => admission?.(visitor));
    if (returnCode === undefined) done(null, true);
    else done(Object.assign(new Error('not admitted'), { returnCode }), null);
  };

  readonly #authorizePublish: NonNullable<AedesOptions['authorizePublish']> = (client, packet, done) => {
    const message = received(client, packet);
    if (this.#isUp) this.#tell({ type: 'received', ...message });
    const isRefused = [...this.behaviours].some(({ refuses }) => refuses?.(message));
    const delayMs = this.#first((behaviour) => behaviour.delayMs);
    if (isRefused || !this.#isUp) done(new Error('not authorized'));
    else if (delayMs === undefined) done();
    else this.#later(done, delayMs);
  };

  #later(act: () => void, delayMs: number): void {
    const delay = setTimeout(() => {
      this.#delays.delete(delay);
      act();
    }, delayMs);
    this.#delays.add(delay);
  }

  #tell(event: EventContent): void {
    this.#onEvent({ atMs: performance.now(), ...event });
  }

  /** What the first behaviour says that says anything. */
  #first<T>(ask: (behaviour: BrokerBehaviour) => T | undefined): T | undefined {
    for (const behaviour of this.behaviours) {
      const answer = ask(behaviour);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }
}

function received(client: WillingClient | null, packet: PublishPacket): ReceivedMessage {
  const { topic, payload, qos, retain } = packet;
  const clientId = client?.id ?? '';
  return { clientId, topic, payload: payload.toString(), qos, retain, isWill: client?.will === packet };
}

/** Aedes keeps the last will here until the client is gone. */
type WillingClient = Client & { readonly will?: unknown };

/** As Node.js reports a port on which nobody listens. */
function connectionRefused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
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
