import type { Adapter } from '../../../../hci/adapter.ts';
import type { HciSocket } from '../../../../hci/socket.ts';

/** A packet that has reached its end. */
export interface TappedPacket {
  readonly atMs: number;
  readonly to: 'host' | 'chip';
  readonly bytes: Buffer;
}

/** What becomes of a packet on its way: the same, another one in its place, or none. */
export type Change = (packet: Buffer) => Buffer | undefined;

const unchanged: Change = (packet) => packet;

/** Sits between noble and its socket, below everything of noble's: notes what passes, and changes it. */
export class HciTap {
  toHost: Change = unchanged;
  toChip: Change = unchanged;
  /** What has passed on each socket, oldest first. */
  readonly packetsBySocket: TappedPacket[][] = [];

  /** What has passed on all of them. */
  get packets(): readonly TappedPacket[] {
    return this.packetsBySocket.flat();
  }

  /** The same adapter, with this tap on every socket. */
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
      const heard = pass('host', this.toHost(packet));
      return heard !== undefined && emit('data', heard);
    };
    socket.write = (packet) => {
      const said = pass('chip', this.toChip(packet));
      if (said) write(said);
    };
    return socket;
  }
}
