import type { Duplex } from 'node:stream';
import mqttPacket, {
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
} from 'mqtt-packet';
import { duplexPair } from './duplex-pair.ts';

/** What a broker of MQTT 5 grants in CONNACK; a property that is absent is not sent. */
export type BrokerLimits = NonNullable<IConnackPacket['properties']>;

/** Reason codes: MQTT 5, section 2.4. */
export const REASON = {
  notAuthorized: 0x87,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
} as const;

/** Return codes of CONNACK in MQTT 3.1.1, and their counterparts in MQTT 5. */
const CONNACK_REASONS: Readonly<Record<number, number>> = { 0: 0, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87 };
const UNSUPPORTED_VERSION_RETURN_CODE = 1;

export interface GatewayOptions {
  readonly limits: BrokerLimits;
  /** Connects to a broker of MQTT 3.1.1. `forbid` makes the acknowledgement of a message say that it is not authorized. */
  readonly connectUpstream: (stream: Duplex, forbid: (messageId: number) => void) => void;
  /** Called with the reason code if a client violates the limits. */
  readonly onViolation?: (clientId: string, reason: number) => void;
  /** Called with the return code or reason code of CONNACK if what a client offers in CONNECT is refused. */
  readonly onRefusal?: (clientId: string, code: number) => void;
}

/**
 * Adds MQTT 5 and the limits of a broker in front of one of MQTT 3.1.1, which is what Aedes supports. A client that
 * exceeds a limit is disconnected with its reason code, as the standard demands.
 */
export function openMqtt5Gateway(downstream: Duplex, options: GatewayOptions): Mqtt5Connection {
  const [client, broker] = duplexPair();
  const gateway = new Gateway(downstream, client, options);
  downstream.on('data', (chunk: Buffer) => gateway.fromClient(chunk));
  client.on('data', (chunk: Buffer) => gateway.fromBroker(chunk));
  downstream.on('error', () => undefined).once('close', () => client.destroy());
  client.on('error', () => undefined).once('close', () => downstream.destroy());
  options.connectUpstream(broker, (messageId) => gateway.forbid(messageId));
  return gateway;
}

/** A connection of MQTT 5. */
export interface Mqtt5Connection {
  /** Ends it with DISCONNECT, and a reason code: MQTT 5, section 3.14.2.1. */
  disconnect(reasonCode: number): void;
}

class Gateway implements Mqtt5Connection {
  readonly #downstream: Duplex;
  readonly #upstream: Duplex;
  readonly #options: GatewayOptions;
  readonly #clientParser = mqttPacket.parser({ protocolVersion: 5 });
  readonly #brokerParser = mqttPacket.parser({ protocolVersion: 4 });
  /** Topics by alias. */
  readonly #aliases = new Map<number, string>();
  /** Identifiers of messages that the client waits for. */
  readonly #inFlight = new Set<number>();
  /** Those of them whose topic is forbidden. */
  readonly #forbidden = new Set<number>();
  #clientId = '';
  #isEnded = false;

  constructor(downstream: Duplex, upstream: Duplex, options: GatewayOptions) {
    this.#downstream = downstream;
    this.#upstream = upstream;
    this.#options = options;
    this.#clientParser.on('packet', (packet) => {
      if (!this.#isEnded) this.#onClientPacket(packet);
    });
    this.#brokerParser.on('packet', (packet) => this.#onBrokerPacket(packet));
    this.#clientParser.on('error', () => this.#downstream.destroy());
  }

  fromClient(chunk: Buffer): void {
    this.#clientParser.parse(chunk);
  }

  fromBroker(chunk: Buffer): void {
    this.#brokerParser.parse(chunk);
  }

  disconnect(reasonCode: number): void {
    this.#end({ cmd: 'disconnect', reasonCode }, 5);
  }

  forbid(messageId: number): void {
    this.#forbidden.add(messageId);
  }

  #onClientPacket(packet: Packet): void {
    const { maximumPacketSize = Infinity } = this.#options.limits;
    if (packet.cmd === 'connect') this.#onConnect(packet);
    else if (sizeOf(packet) > maximumPacketSize) this.#refuse(REASON.packetTooLarge);
    else if (packet.cmd === 'publish') this.#onPublish(packet);
    else this.#forward(packet);
  }

  #onConnect(packet: IConnectPacket): void {
    if (packet.protocolVersion !== 5) {
      const returnCode = UNSUPPORTED_VERSION_RETURN_CODE;
      this.#options.onRefusal?.(packet.clientId, returnCode);
      this.#end({ cmd: 'connack', returnCode, sessionPresent: false }, 4);
      return;
    }
    this.#clientId = packet.clientId;
    const { retain = false, qos = 0 } = packet.will ?? {};
    const reason = this.#violation({ retain, qos });
    if (reason === undefined) {
      // The upstream broker ends a connection that is silent for one and a half times as long.
      const keepalive = this.#options.limits.serverKeepAlive ?? packet.keepalive ?? 0;
      this.#forward({ ...packet, keepalive, protocolVersion: 4 });
      return;
    }
    this.#options.onRefusal?.(packet.clientId, reason);
    this.#end({ cmd: 'connack', reasonCode: reason, sessionPresent: false }, 5);
  }

  #onPublish(packet: IPublishPacket): void {
    const { receiveMaximum = Infinity, topicAliasMaximum = 0 } = this.#options.limits;
    const { topicAlias: alias } = packet.properties ?? {};
    if (alias !== undefined && packet.topic !== '') this.#aliases.set(alias, packet.topic);
    const topic = alias === undefined ? packet.topic : this.#aliases.get(alias);
    if (packet.qos > 0) this.#inFlight.add(packet.messageId ?? 0);
    const reason = this.#violation(packet);
    if (!topic || (alias !== undefined && alias > topicAliasMaximum)) this.#refuse(REASON.topicAliasInvalid);
    else if (reason !== undefined) this.#refuse(reason);
    else if (this.#inFlight.size > receiveMaximum) this.#refuse(REASON.receiveMaximumExceeded);
    else this.#forward({ ...packet, topic });
  }

  /** The reason code for a message that exceeds the limits. */
  #violation({ retain, qos }: Pick<IPublishPacket, 'retain' | 'qos'>): number | undefined {
    const { retainAvailable = true, maximumQoS = 2 } = this.#options.limits;
    if (retain && !retainAvailable) return REASON.retainNotSupported;
    return qos > maximumQoS ? REASON.qosNotSupported : undefined;
  }

  #forward(packet: Packet): void {
    const { properties: _, ...rest } = packet as Packet & { properties?: unknown };
    this.#upstream.write(mqttPacket.generate(rest, { protocolVersion: 4 }));
  }

  #onBrokerPacket(packet: Packet): void {
    if (packet.cmd === 'puback') this.#answer(this.#puback(packet), 5);
    else this.#answer(packet.cmd === 'connack' ? this.#connack(packet) : packet, 5);
  }

  #puback({ messageId = 0 }: Packet): Packet {
    this.#inFlight.delete(messageId);
    const isForbidden = this.#forbidden.delete(messageId);
    return { cmd: 'puback', messageId, ...(isForbidden && { reasonCode: REASON.notAuthorized }) };
  }

  #connack({ returnCode = 0, sessionPresent }: IConnackPacket): IConnackPacket {
    const reasonCode = CONNACK_REASONS[returnCode] ?? returnCode;
    return { cmd: 'connack', reasonCode, sessionPresent, properties: this.#options.limits };
  }

  #refuse(reasonCode: number): void {
    this.#options.onViolation?.(this.#clientId, reasonCode);
    this.disconnect(reasonCode);
  }

  #end(packet: Packet, version: 4 | 5): void {
    this.#isEnded = true;
    this.#answer(packet, version);
    setImmediate(() => this.#downstream.destroy());
  }

  #answer(packet: Packet, protocolVersion: 4 | 5): void {
    this.#downstream.write(mqttPacket.generate(packet, { protocolVersion }));
  }
}

/** Size of a received packet with its header: MQTT 5, section 2.1.4. */
function sizeOf({ length = 0 }: Packet): number {
  return (
    1 + [1, 0x80, 0x4000, 0x20_0000].filter((limit, index) => index === 0 || length >= limit).length + length
  );
}
