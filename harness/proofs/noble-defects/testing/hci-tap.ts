import type { Adapter } from '../../../../hci/adapter.ts';
import type { HciSocket } from '../../../../hci/socket.ts';

/** A packet as it was delivered. */
export interface TappedPacket {
  readonly atMs: number;
  readonly to: 'host' | 'controller';
  readonly bytes: Buffer;
}

/** Returns the packet to deliver in place of another one, or undefined to drop it. */
export type Change = (packet: Buffer) => Buffer | undefined;

const unchanged: Change = (packet) => packet;

/** Records and changes the packets between noble and its HCI sockets. */
export class HciTap {
  toHost: Change = unchanged;
  toController: Change = unchanged;
  /** The packets of each socket, oldest first. */
  readonly packetsBySocket: TappedPacket[][] = [];

  /** The packets of all sockets. */
  get packets(): readonly TappedPacket[] {
    return this.packetsBySocket.flat();
  }

  /** Taps every socket of an adapter. */
  on(adapter: Adapter): Adapter {
    return { ...adapter, open: () => this.#tapped(adapter.open()) };
  }

  #tapped(socket: HciSocket): HciSocket {
    const passed: TappedPacket[] = [];
    this.packetsBySocket.push(passed);
    const pass = (to: TappedPacket['to'], bytes: Buffer | undefined): Buffer | undefined => {
      if (bytes) passed.push({ atMs: performance.now(), to, bytes: Buffer.from(bytes) });
      return bytes;
    };
    const emit = socket.emit.bind(socket);
    const write = socket.write.bind(socket);
    socket.emit = (event: string, ...values: unknown[]) => {
      const [packet] = values;
      if (event !== 'data' || !Buffer.isBuffer(packet)) return emit(event, ...values);
      const delivered = pass('host', this.toHost(packet));
      return delivered !== undefined && emit('data', delivered);
    };
    socket.write = (packet) => {
      const delivered = pass('controller', this.toController(packet));
      if (delivered) write(delivered);
    };
    return socket;
  }
}
