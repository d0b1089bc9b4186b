import { EventEmitter } from 'node:events';
import type { Adapter } from './adapter.ts';
import { btsnoopHeader, btsnoopRecord, type CapturedPacket } from './btsnoop.ts';
import type { HciSocket } from './socket.ts';

type OnPacket = (direction: CapturedPacket['direction'], packet: Buffer) => void;

/** Forwards all calls and events between a library and a socket, and reports every HCI packet. */
class CapturedSocket extends EventEmitter implements HciSocket {
  readonly #socket: HciSocket;
  readonly #onPacket: OnPacket;
  #isControl = false;

  constructor(socket: HciSocket, onPacket: OnPacket) {
    super();
    this.#socket = socket;
    this.#onPacket = (direction, packet) => {
      // Packets on the kernel's management channel are not HCI.
      if (!this.#isControl) onPacket(direction, packet);
    };
    socket.on('data', (packet: Buffer) => {
      this.#onPacket('received', packet);
      this.emit('data', packet);
    });
    socket.on('open', () => this.emit('open'));
    socket.on('error', (error: Error) => this.emit('error', error));
  }

  bindRaw(deviceId?: number): number {
    return this.#socket.bindRaw(deviceId);
  }

  bindUser(deviceId?: number): number {
    return this.#socket.bindUser(deviceId);
  }

  bindControl(): number {
    this.#isControl = true;
    return this.#socket.bindControl();
  }

  isDevUp(): boolean {
    return this.#socket.isDevUp();
  }

  setFilter(filter: Buffer): void {
    this.#socket.setFilter(filter);
  }

  start(): void {
    this.#socket.start();
  }

  stop(): void {
    this.#socket.stop();
  }

  write(packet: Buffer): void {
    this.#onPacket('sent', packet);
    this.#socket.write(packet);
  }
}

/**
 * Wraps an adapter to capture its HCI packets as a btsnoop file: passes the file header to `write` immediately, then a
 * record for each packet when it is sent or received.
 */
export function captureAdapter(adapter: Adapter, write: (bytes: Buffer) => void): Adapter {
  write(btsnoopHeader());
  return {
    ...adapter,
    open: () =>
      new CapturedSocket(adapter.open(), (direction, packet) => {
        write(btsnoopRecord({ packet, direction, wallMs: Date.now() }));
      }),
  };
}
