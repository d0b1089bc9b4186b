import { EventEmitter } from 'node:events';
import type { HciSocket } from '../socket.ts';

/** A socket without a controller: a test sends the packets, and reads what the library wrote. */
export class PacketSocket extends EventEmitter implements HciSocket {
  readonly written: string[] = [];
  isControl = false;

  bindRaw = (): number => 0;
  bindUser = (): number => 0;
  bindControl = (): number => {
    this.isControl = true;
    return 0;
  };
  isDevUp = (): boolean => true;
  setFilter = (): void => undefined;
  start = (): void => undefined;
  stop = (): void => undefined;

  write(packet: Buffer): void {
    this.written.push(packet.toString('hex'));
  }

  /** Sends a packet to the library. */
  receive(packet: Buffer | string): void {
    this.emit('data', typeof packet === 'string' ? Buffer.from(packet, 'hex') : packet);
  }
}
