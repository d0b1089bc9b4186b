import type { Duplex } from 'node:stream';
import { MqttClient } from 'mqtt';
import type { OpenMqtt } from '../../../client/uplink/connection.ts';
import { duplexPair } from '../../world/broker/duplex-pair.ts';

/** The answer of a script: bytes, and whether to close the connection after them. */
export interface Answer {
  readonly bytes?: Buffer;
  readonly disconnects?: true;
}

/** A packet of the client, with the fields that scripts use. */
export type ClientPacket = { readonly version: number } & (
  | { readonly type: 'pingreq' | 'disconnect' }
  | {
      readonly type: 'connect';
      readonly will: { readonly qos: number; readonly retain: boolean } | undefined;
    }
  | {
      readonly type: 'publish';
      /** Empty if an alias replaces it. */
      readonly topic: string;
      readonly payload: string;
      /** 0 at QoS 0. */
      readonly id: number;
      readonly retain: boolean;
      /** Size of the packet. */
      readonly bytes: number;
    }
);

/** Returns the broker's answer to a packet of a client. */
export type Script = (packet: ClientPacket) => Answer | undefined;

/** Encodes control packets of MQTT 5, section 2.1.2, and their counterparts in 3.1.1. */
export const packets = {
  connack: (reason: number, version: number, properties: Uint8Array = new Uint8Array()): Buffer =>
    packet(0x20, [0, reason], version === 5 ? [properties.length, ...properties] : []),
  puback: (id: number, version: number, reason = 0): Buffer =>
    packet(0x40, [id >> 8, id & 0xff], version === 5 ? [reason] : []),
  disconnect: (reason: number): Buffer => packet(0xe0, [reason], []),
  pingresp: packet(0xd0, [], []),
  /** Property of a CONNACK: MQTT 5, section 3.2.2.3.3. */
  receiveMaximum: (value: number): Buffer => Buffer.from([0x21, value >> 8, value & 0xff]),
  /** Section 3.2.2.3.8. */
  topicAliasMaximum: (value: number): Buffer => Buffer.from([0x22, value >> 8, value & 0xff]),
  /** Section 3.2.2.3.14. */
  serverKeepAlive: (seconds: number): Buffer => Buffer.from([0x13, seconds >> 8, seconds & 0xff]),
  /** Section 3.2.2.3.6. */
  maximumPacketSize: (value: number): Buffer => Buffer.from([0x27, 0, 0, value >> 8, value & 0xff]),
};

function packet(type: number, head: readonly number[], tail: readonly number[]): Buffer {
  return Buffer.from([type, head.length + tail.length, ...head, ...tail]);
}

/** Types of control packets in the first byte: section 2.1.2. */
const TYPES: Readonly<Record<number, ClientPacket['type']>> = {
  1: 'connect',
  3: 'publish',
  12: 'pingreq',
  14: 'disconnect',
};
/** Offsets of the version and the flags in a CONNECT: section 3.1.2. */
const VERSION_AT = 6;
const FLAGS_AT = 7;
/** The bits of the will in the flags of a CONNECT: section 3.1.2.3. */
const WILL = { isThere: 0x04, qosShift: 3, qosMask: 0x03, retain: 0x20 } as const;
/** The bits of QoS and RETAIN in the first byte of a PUBLISH. */
const QOS = 0x06;
const RETAIN = 0x01;

/** A broker with scripted answers, for MQTT 5 and for protocol errors, which Aedes does not support. */
export class ScriptedBroker {
  /** The received packets, with times of `performance.now()`. */
  readonly received: (ClientPacket & { readonly atMs: number })[] = [];
  readonly #script: Script;
  #latest: Duplex | undefined;

  constructor(script: Script) {
    this.#script = script;
  }

  /** Whether the latest connection is still open. */
  get isConnected(): boolean {
    return this.#latest?.destroyed === false;
  }

  /** Sends unsolicited bytes on the latest connection. */
  send(bytes: Buffer): void {
    this.#latest?.write(bytes);
  }

  /** Drops the latest connection. */
  disconnect(): void {
    this.#latest?.destroy();
  }

  readonly open: OpenMqtt = (_url, options) => new MqttClient(() => this.#connect(), options);

  #connect(): Duplex {
    const [client, server] = duplexPair();
    this.#latest = server;
    let unread = Buffer.alloc(0);
    let version = 0;
    server.on('data', (chunk: Buffer) => {
      unread = Buffer.concat([unread, chunk]);
      for (let size = sizeOf(unread); size !== undefined && size <= unread.length; size = sizeOf(unread)) {
        const packet = decode(unread.subarray(0, size), version);
        ({ version } = packet);
        unread = unread.subarray(size);
        this.received.push({ ...packet, atMs: performance.now() });
        const { bytes, disconnects } = this.#script(packet) ?? {};
        if (bytes) server.write(bytes);
        if (disconnects) setImmediate(() => server.destroy());
      }
    });
    return client;
  }
}

/** Length of the first packet; undefined until its header is complete. */
function sizeOf(bytes: Buffer): number | undefined {
  const [head, body] = remainingLength(bytes);
  return body === undefined ? undefined : head + body;
}

/** Offset and length of the packet body: section 2.1.4. */
function remainingLength(bytes: Buffer): [head: number, body: number | undefined] {
  let length = 0;
  for (let index = 1; index < bytes.length; index += 1) {
    const byte = bytes.readUInt8(index);
    length += (byte & 0x7f) << (7 * (index - 1));
    if (byte < 0x80) return [index + 1, length];
  }
  return [0, undefined];
}

function decode(bytes: Buffer, version: number): ClientPacket {
  const [head] = remainingLength(bytes);
  const body = bytes.subarray(head);
  const first = bytes.readUInt8(0);
  const type = TYPES[first >> 4];
  if (type === undefined) throw new Error(`unsupported packet type in byte ${first}`);
  if (type === 'connect') {
    const flags = body.readUInt8(FLAGS_AT);
    const will = { qos: (flags >> WILL.qosShift) & WILL.qosMask, retain: (flags & WILL.retain) > 0 };
    return {
      type,
      version: body.readUInt8(VERSION_AT),
      will: (flags & WILL.isThere) > 0 ? will : undefined,
    };
  }
  if (type !== 'publish') return { type, version };
  const topicEnd = 2 + body.readUInt16BE(0);
  const hasId = (first & QOS) > 0;
  const idEnd = topicEnd + (hasId ? 2 : 0);
  // The client sets no property but a topic alias: their length is one byte.
  const payloadStart = idEnd + (version === 5 ? 1 + body.readUInt8(idEnd) : 0);
  return {
    type,
    version,
    topic: body.subarray(2, topicEnd).toString(),
    id: hasId ? body.readUInt16BE(topicEnd) : 0,
    payload: body.subarray(payloadStart).toString(),
    retain: (first & RETAIN) > 0,
    bytes: bytes.length,
  };
}
