import type { IClientPublishOptions } from 'mqtt';
import { messageTooLarge } from './broker-errors.ts';
import type { Capabilities } from './capabilities.ts';
import type { MqttVersion } from './mqtt-version.ts';

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** A PUBLISH packet, for mqtt.js. */
export interface EncodedMessage {
  /** Empty if the alias replaces it. */
  readonly topic: string;
  readonly payload: string;
  readonly options: IClientPublishOptions & { readonly qos: 0 | 1 };
}

export interface PublishFormatOptions {
  readonly version: MqttVersion;
  readonly capabilities: Capabilities;
  /** Topics that get an alias if the broker permits it, the most frequent first. */
  readonly frequentTopics: readonly string[];
}

/** Sizes in a PUBLISH packet: MQTT 5, section 3.3. */
const TYPE_BYTES = 1;
const TOPIC_LENGTH_BYTES = 2;
const PACKET_ID_BYTES = 2;
const PROPERTIES_LENGTH_BYTES = 1;
const ALIAS_BYTES = 3;
const MAX_LENGTH_BYTES = 4;

/** Turns messages into PUBLISH packets that the broker accepts, on one connection. */
export class PublishFormat {
  readonly #options: PublishFormatOptions;
  /** Topics whose alias the broker knows. */
  readonly #defined = new Set<string>();

  constructor(options: PublishFormatOptions) {
    this.#options = options;
  }

  /**
   * Encodes a message that is sent next; a topic alias counts as known to the broker from then on.
   * @throws MessageRefused if the packet is too large for the broker
   */
  encode({ topic, payload, qos: wantedQos, retain }: Message): EncodedMessage {
    const { canRetain, maxQos, maxPacketBytes } = this.#options.capabilities;
    const qos = wantedQos === 1 ? maxQos : 0;
    const alias = this.#aliasOf(topic);
    const wireTopic = alias > 0 && this.#defined.has(topic) ? '' : topic;
    const bodyBytes = this.#headBytes(wireTopic, qos, alias) + Buffer.byteLength(payload);
    const packetBytes = TYPE_BYTES + lengthBytes(bodyBytes) + bodyBytes;
    if (packetBytes > maxPacketBytes) throw messageTooLarge(topic, packetBytes, maxPacketBytes);
    if (alias > 0) this.#defined.add(topic);
    return {
      topic: wireTopic,
      payload,
      options: { qos, retain: retain && canRetain, ...(alias > 0 && { properties: { topicAlias: alias } }) },
    };
  }

  /** Size of the largest payload that the broker accepts on a topic; not above 0 if there is none. */
  maxPayloadBytes({ topic, qos }: Pick<Message, 'topic' | 'qos'>): number {
    const head = TYPE_BYTES + MAX_LENGTH_BYTES + this.#headBytes(topic, qos, this.#aliasOf(topic));
    return this.#options.capabilities.maxPacketBytes - head;
  }

  /** The alias of a topic; 0 if it has none. */
  #aliasOf(topic: string): number {
    const { version, capabilities, frequentTopics } = this.#options;
    const alias = frequentTopics.indexOf(topic) + 1;
    return version === 5 && alias <= capabilities.topicAliases ? alias : 0;
  }

  /** Size of everything between the remaining length and the payload. */
  #headBytes(topic: string, qos: 0 | 1, alias: number): number {
    const propertiesBytes =
      this.#options.version === 5 ? PROPERTIES_LENGTH_BYTES + (alias > 0 ? ALIAS_BYTES : 0) : 0;
    return TOPIC_LENGTH_BYTES + Buffer.byteLength(topic) + (qos > 0 ? PACKET_ID_BYTES : 0) + propertiesBytes;
  }
}

/** Size of the remaining length: section 1.5.5. */
function lengthBytes(length: number): number {
  let bytes = 1;
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
