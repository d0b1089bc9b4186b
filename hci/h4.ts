import { H4 } from './socket.ts';

/** Packet type of synchronous data, which is audio: known in order to be skipped. */
const SYNCHRONOUS = 0x03;

interface PacketFormat {
  /** Bytes before the data, packet type included. */
  readonly headerBytes: number;
  /** Bytes of the data's length, which every header ends in. */
  readonly lengthBytes: number;
  readonly maxDataBytes: number;
}

/** The packets of Bluetooth Core Vol 4 Part E, 5.4, by H4 packet type. */
const FORMATS: Readonly<Record<number, PacketFormat>> = {
  [H4.command]: { headerBytes: 4, lengthBytes: 1, maxDataBytes: 0xff },
  // The length field could say more; the buffers of controllers hold 27 to 1021 bytes.
  [H4.acl]: { headerBytes: 5, lengthBytes: 2, maxDataBytes: 4096 },
  [SYNCHRONOUS]: { headerBytes: 4, lengthBytes: 1, maxDataBytes: 0xff },
  [H4.event]: { headerBytes: 3, lengthBytes: 1, maxDataBytes: 0xff },
};

const MAX_PACKET_BYTES = Math.max(
  ...Object.values(FORMATS).map(({ headerBytes, maxDataBytes }) => headerBytes + maxDataBytes),
);

/** Bytes that are no H4; the message says which. */
export class H4Error extends Error {
  override readonly name = 'H4Error';
}

/**
 * Cuts a stream of bytes into H4 packets (Bluetooth Core Vol 4 Part A), in memory that the longest packet bounds.
 * Nothing in H4 marks a beginning: once a byte is wrong, the rest of the stream is lost.
 */
export class H4Decoder {
  /** The packet that is coming in, as far as it has come. */
  readonly #packet: Buffer = Buffer.alloc(MAX_PACKET_BYTES);
  #length = 0;

  /** Whether a packet has begun that is not complete. */
  get hasPartialPacket(): boolean {
    return this.#length > 0;
  }

  /**
   * The packets that `chunk` completes, each with its packet type, without synchronous data. To be read to the end
   * before the next chunk.
   * @throws H4Error after the last good packet, where an unknown packet type or one that is too long follows, and on
   *   every chunk after it.
   */
  *decode(chunk: Buffer): Generator<Buffer, void> {
    let taken = 0;
    while (taken < chunk.length) {
      const copied = chunk.copy(
        this.#packet,
        this.#length,
        taken,
        taken + this.#expectedBytes() - this.#length,
      );
      taken += copied;
      this.#length += copied;
      if (this.#length < this.#expectedBytes()) continue;
      const packet = Buffer.from(this.#packet.subarray(0, this.#length));
      this.#length = 0;
      if (packet[0] !== SYNCHRONOUS) yield packet;
    }
  }

  /** How long the packet must get, as far as what has come of it says. */
  #expectedBytes(): number {
    if (this.#length === 0) return 1;
    const type = this.#packet.readUInt8(0);
    const format = FORMATS[type];
    if (!format) throw new H4Error(`no packet begins with the byte ${hex(type)}`);
    const { headerBytes, lengthBytes, maxDataBytes } = format;
    if (this.#length < headerBytes) return headerBytes;
    const dataBytes = this.#packet.readUIntLE(headerBytes - lengthBytes, lengthBytes);
    if (dataBytes > maxDataBytes) {
      throw new H4Error(
        `a packet of type ${hex(type)} claims ${dataBytes} bytes of data (${maxDataBytes} at most)`,
      );
    }
    return headerBytes + dataBytes;
  }
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
