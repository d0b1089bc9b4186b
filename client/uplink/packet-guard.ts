import { ClientError } from '../errors.ts';

/** Control packet types: MQTT 5, section 2.1.2. */
const TYPE = { connack: 2, publish: 3, puback: 4, pingresp: 13, disconnect: 14 } as const;

/** Types that a client may receive that subscribes to nothing, and publishes at QoS 0 and 1. */
const EXPECTED: readonly number[] = [TYPE.connack, TYPE.puback, TYPE.pingresp, TYPE.disconnect];

/** First byte of a TLS alert record: RFC 8446, section 5.1. */
const TLS_ALERT = 0x15;

/** The largest packet that the client accepts, in bytes: none that it expects is nearly as long. */
export const MAX_PACKET_BYTES = 16_384;

/** Number of bytes of the remaining length: section 1.5.5. */
const MAX_LENGTH_BYTES = 4;

/**
 * Checks the header of each packet from the broker before its body is received. mqtt.js buffers whatever a header
 * announces, up to 256 MB.
 */
export class PacketGuard {
  /** Bytes of the current packet that are still to come; undefined within its header. */
  #remaining: number | undefined;
  #header: number[] = [];
  #isFirst = true;

  /** Checks received bytes, in any chunks. @returns why the connection has to end */
  check(chunk: Buffer): ClientError | undefined {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining === undefined) {
        this.#header.push(chunk.readUInt8(at));
        at += 1;
        const error = this.#checkHeader();
        if (error) return error;
      } else {
        const step = Math.min(this.#remaining, chunk.length - at);
        at += step;
        this.#remaining -= step;
      }
      if (this.#remaining === 0) this.#remaining = undefined;
    }
    return undefined;
  }

  #checkHeader(): ClientError | undefined {
    const [first = 0, ...lengthBytes] = this.#header;
    const type = first >> 4;
    if (this.#isFirst && type !== TYPE.connack) return notMqtt(first);
    this.#isFirst = false;
    if (!EXPECTED.includes(type)) return unexpectedPacket(type);
    const last = lengthBytes.at(-1);
    if (last === undefined) return undefined;
    const isComplete = last < 0x80;
    if (!isComplete && lengthBytes.length < MAX_LENGTH_BYTES) return undefined;
    const length = lengthBytes.reduce((sum, byte, index) => sum + (byte & 0x7f) * 0x80 ** index, 0);
    const size = this.#header.length + length;
    if (!isComplete || size > MAX_PACKET_BYTES) return tooLarge(size);
    this.#header = [];
    this.#remaining = length;
    return undefined;
  }
}

function notMqtt(firstByte: number): ClientError {
  return new ClientError(
    'peer',
    firstByte === TLS_ALERT
      ? 'The broker expects TLS: set broker in [mqtt] to an ssl:// address'
      : 'The server does not speak MQTT: check host and port of broker in [mqtt]',
  );
}

function unexpectedPacket(type: number): ClientError {
  return new ClientError(
    'peer',
    type === TYPE.publish
      ? 'The broker sent a message although the client subscribes to nothing: check the broker, and that nobody else uses its client identifier'
      : `The broker sent a packet of type ${type}, which the client has not asked for: check the broker`,
  );
}

function tooLarge(bytes: number): ClientError {
  return new ClientError(
    'peer',
    `The broker announced a packet of ${bytes} bytes, and the client accepts ${MAX_PACKET_BYTES}: check the broker`,
  );
}
