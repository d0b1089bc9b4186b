import { EventEmitter } from 'node:events';
import { connect } from 'node:net';

/** Bytes before a packet's data, of which the last ones are its length: data packets, and events. */
const HEADS: Readonly<Record<number, { readonly bytes: number; readonly lengthBytes: number }>> = {
  0x02: { bytes: 5, lengthBytes: 2 },
  0x04: { bytes: 3, lengthBytes: 1 },
};

/** Cuts the packet off that `stream` begins with; undefined where not all of it is there. */
function cut(stream: Buffer): Buffer | undefined {
  const head = HEADS[stream[0] ?? 0x04];
  if (!head) throw new Error(`what begins with ${stream.subarray(0, 8).toString('hex')} is no packet`);
  if (stream.length < head.bytes) return undefined;
  const end = head.bytes + stream.readUIntLE(head.bytes - head.lengthBytes, head.lengthBytes);
  return stream.length < end ? undefined : stream.subarray(0, end);
}

const nothing = (): void => undefined;

/** The class that noble takes for the kernel's HCI socket, for a controller at a TCP port: as a stranger would write it. */
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
      const packet = cut(this.#received);
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
