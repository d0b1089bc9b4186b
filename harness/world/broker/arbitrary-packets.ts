import { generate, type Packet } from 'mqtt-packet';
import type { Random } from '../../../client/random.ts';
import { Choices } from '../choices.ts';

const VERSIONS: readonly [4 | 5, ...(4 | 5)[]] = [4, 5];
/** Reason codes of MQTT 5, section 2.4, and return codes of 3.1.1. */
const REASONS = [
  0x00, 0x01, 0x02, 0x04, 0x05, 0x10, 0x11, 0x18, 0x19, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88,
  0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
  0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
] as const;
/** How often a packet is changed in one byte, and cut off. */
const DAMAGED = 0.3;
const MAX_TEXT_BYTES = 40;
const MAX_BYTES = 300;
const MAX_ID = 0xffff;
/** Distance of the identifiers of acknowledgements from that of the last message: more are never in flight. */
const MIN_ID_DISTANCE = 1_000;

/** First bytes of servers that speak another protocol: HTTP, a TLS alert, the beginning of a TLS handshake, SSH. */
const OTHER_PROTOCOLS: readonly Buffer[] = [
  Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'),
  Buffer.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46),
  Buffer.of(0x16, 0x03, 0x03, 0x00, 0x7a, 0x02, 0x00, 0x00, 0x76, 0x03, 0x03),
  Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'),
];

export const BROKER_GARBAGE = ['packets', 'bytes', 'other protocol'] as const;
export type BrokerGarbage = (typeof BROKER_GARBAGE)[number];

/** Makes what no broker sends to a client that only publishes: packets of every kind, whole and damaged, and other bytes. */
export class ArbitraryBrokerPackets {
  readonly #choices: Choices;
  readonly #make: Readonly<Record<BrokerGarbage, (lastMessageId: number) => Buffer>> = {
    packets: (lastMessageId) => this.#packet(lastMessageId),
    bytes: () => this.#choices.bytes(1 + this.#choices.upTo(MAX_BYTES)),
    'other protocol': () => this.#choices.pick(OTHER_PROTOCOLS) ?? Buffer.alloc(1),
  };

  constructor(random: Random) {
    this.#choices = new Choices(random);
  }

  /**
   * @param lastMessageId identifier of the last message that the client sent. Nothing is acknowledged that may be in
   *   flight: nobody can tell a broker that acknowledges and forgets from one that stores.
   */
  next(kind: BrokerGarbage, lastMessageId: number): Buffer {
    return this.#make[kind](lastMessageId);
  }

  #packet(lastMessageId: number): Buffer {
    const version = this.#choices.pick(VERSIONS);
    const packet = this.#choices.pick(this.#packets(this.#idFarFrom(lastMessageId), version === 5)) ?? {
      cmd: 'pingresp',
    };
    const bytes = generate(packet, { protocolVersion: version });
    if (!this.#choices.chance(DAMAGED)) return bytes;
    // Neither the type nor an identifier is changed, which could make it an acknowledgement of something in flight.
    const from = 4;
    if (bytes.length > from)
      bytes.fill(this.#choices.bytes(1), from + this.#choices.upTo(bytes.length - from - 1), bytes.length);
    return this.#choices.chance(0.5) ? bytes : bytes.subarray(0, 1 + this.#choices.upTo(bytes.length - 1));
  }

  /** One packet of each kind. */
  #packets(messageId: number, hasProperties: boolean): readonly Packet[] {
    const reasonCode = this.#choices.pick(REASONS);
    const properties = hasProperties ? { properties: this.#properties() } : {};
    const acknowledgement = { messageId, ...(hasProperties && { reasonCode, ...properties }) };
    const payload = this.#choices.bytes(this.#choices.upTo(MAX_BYTES));
    const message = {
      topic: this.#text() || 'a',
      payload,
      dup: this.#choices.chance(0.5),
      retain: this.#choices.chance(0.5),
    };
    return [
      {
        cmd: 'connack',
        sessionPresent: this.#choices.chance(0.5),
        ...(hasProperties ? { reasonCode } : { returnCode: reasonCode % 6 }),
      },
      { cmd: 'publish', qos: 0, ...message },
      { cmd: 'publish', qos: 1, messageId, ...message },
      { cmd: 'publish', qos: 2, messageId, ...message },
      { cmd: 'puback', ...acknowledgement },
      { cmd: 'pubrec', ...acknowledgement },
      { cmd: 'pubrel', ...acknowledgement },
      { cmd: 'pubcomp', ...acknowledgement },
      { cmd: 'suback', messageId, granted: [reasonCode], ...properties },
      { cmd: 'unsuback', messageId, granted: [reasonCode], ...properties },
      { cmd: 'pingresp' },
      { cmd: 'disconnect', ...(hasProperties && { reasonCode, ...properties }) },
      ...(hasProperties ? [{ cmd: 'auth' as const, reasonCode, ...properties }] : []),
    ];
  }

  #properties(): object {
    const all = {
      reasonString: this.#text(),
      userProperties: { [this.#text()]: this.#text() },
      serverReference: this.#text(),
    };
    return Object.fromEntries(Object.entries(all).filter(() => this.#choices.chance(0.5)));
  }

  #text(): string {
    return this.#choices.bytes(this.#choices.upTo(MAX_TEXT_BYTES)).toString('latin1');
  }

  #idFarFrom(id: number): number {
    const distance = MIN_ID_DISTANCE + this.#choices.upTo(MAX_ID - 2 * MIN_ID_DISTANCE);
    return 1 + ((id + distance) % MAX_ID);
  }
}
