import { H4 } from './socket.ts';

/** Packet type of synchronous (audio) data, which the decoder skips. */
const SYNCHRONOUS = 0x03;

interface PacketFormat {
  /** Size of everything before the data, including the packet type. */
  readonly headerBytes: number;
  /** Size of the length field, the last field of every header. */
  readonly lengthBytes: number;
  readonly maxDataBytes: number;
}

/** Packet formats of Bluetooth Core Vol 4 Part E, 5.4, by H4 packet type. */
const FORMATS: Readonly<Record<number, PacketFormat>> = {
  [H4.command]: { headerBytes: 4, lengthBytes: 1, maxDataBytes: 0xff },
  // The length field allows more, but controllers have buffers of 27 to 1021 bytes.
  [H4.acl]: { headerBytes: 5, lengthBytes: 2, maxDataBytes: 4096 },
  [SYNCHRONOUS]: { headerBytes: 4, lengthBytes: 1, maxDataBytes: 0xff },
  [H4.event]: { headerBytes: 3, lengthBytes: 1, maxDataBytes: 0xff },
};

const MAX_PACKET_BYTES = Math.max(
  ...Object.values(FORMATS).map(({ headerBytes, maxDataBytes }) => headerBytes + maxDataBytes),
);

/** Error for bytes that are not H4. */
export class H4Error extends Error {
  override readonly name = 'H4Error';
}

/**
 * Splits a byte stream into H4 packets (Bluetooth Core Vol 4 Part A). Memory is bounded by the longest packet. H4 has
 * no synchronisation: after an invalid byte the rest of the stream cannot be decoded.
 */
export class H4Decoder {
  /** Partial packet. */
  readonly #packet: Buffer = Buffer.alloc(MAX_PACKET_BYTES);
  #length = 0;

  /** Whether a partial packet is pending. */
  get hasPartialPacket(): boolean {
    return this.#length > 0;
  }

  /**
   * Yields the packets that `chunk` completes, including their packet types; skips synchronous data. Consume the
   * generator before the next chunk.
   * @throws H4Error after the last valid packet, if an unknown packet type or a packet that is too long follows, and
   *   for every later chunk.
   */
  *decode(chunk: Buffer): Generator<Buffer, void> {
    let consumed = 0;
    while (consumed < chunk.length) {
      const copied = chunk.copy(
        this.#packet,
        this.#length,
        consumed,
        consumed + this.#expectedBytes() - this.#length,
      );
      consumed += copied;
      this.#length += copied;
      if (this.#length < this.#expectedBytes()) continue;
      const packet = Buffer.from(this.#packet.subarray(0, this.#length));
      this.#length = 0;
      if (packet[0] !== SYNCHRONOUS) yield packet;
    }
  }

  /** Number of bytes needed for the next decision: packet type, header, or whole packet. */
  #expectedBytes(): number {
    if (this.#length === 0) return 1;
    const type = this.#packet.readUInt8(0);
    const format = FORMATS[type];
    if (!format) throw new H4Error(`unknown packet type ${hex(type)}`);
    const { headerBytes, lengthBytes, maxDataBytes } = format;
    if (this.#length < headerBytes) return headerBytes;
    const dataBytes = this.#packet.readUIntLE(headerBytes - lengthBytes, lengthBytes);
    if (dataBytes > maxDataBytes) {
      throw new H4Error(
        `a packet of type ${hex(type)} has ${dataBytes} bytes of data, more than ${maxDataBytes}`,
      );
    }
    return headerBytes + dataBytes;
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
