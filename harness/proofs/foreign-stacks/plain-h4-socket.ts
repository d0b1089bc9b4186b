import { EventEmitter } from 'node:events';
import { connect } from 'node:net';

/** Header lengths of data packets and events; the length of the data is at the end of the header. */
const HEADERS: Readonly<Record<number, { readonly bytes: number; readonly lengthBytes: number }>> = {
  0x02: { bytes: 5, lengthBytes: 2 },
  0x04: { bytes: 3, lengthBytes: 1 },
};

/** The first packet of a stream; undefined if it is incomplete. */
function firstPacket(stream: Buffer): Buffer | undefined {
  const header = HEADERS[stream[0] ?? 0x04];
  if (!header) throw new Error(`invalid packet: ${stream.subarray(0, 8).toString('hex')}`);
  if (stream.length < header.bytes) return undefined;
  const end = header.bytes + stream.readUIntLE(header.bytes - header.lengthBytes, header.lengthBytes);
  return stream.length < end ? undefined : stream.subarray(0, end);
}

const nothing = (): void => undefined;

/** Creates a minimal replacement of noble's HCI socket class for a controller at a TCP port, independent of our code. */
export function plainH4Socket(port: number): new () => EventEmitter {
  return class PlainH4Socket extends EventEmitter {
    readonly #stream = connect({ host: '127.0.0.1', port, noDelay: true });
    #received: Buffer = Buffer.alloc(0);

    constructor() {
      super();
      this.#stream.on('data', (chunk) => {
        this.#received = Buffer.concat([this.#received, chunk]);
      });
      this.#stream.on('data', () => this.#next());
    }

    #next(): void {
      const packet = firstPacket(this.#received);
      if (!packet) return;
      this.#received = this.#received.subarray(packet.length);
      this.emit('data', packet);
      setImmediate(() => this.#next());
    }

    readonly bindRaw = nothing;
    readonly setFilter = nothing;
    readonly start = nothing;
    readonly stop = nothing;

    isDevUp(): boolean {
      return true;
    }

    write(packet: Buffer): void {
      this.#stream.write(packet);
    }
  };
}
