import { EventEmitter } from 'node:events';
import type { HciSocket } from '../../../hci/socket.ts';
import { asOwner, asWorld, currentOwner } from '../clock/owner.ts';
import type { Controller } from './controller.ts';

/** What lies between the kernel and the chip. */
export interface Bus {
  /** The chip was pulled, or is dead: it cannot be opened. */
  readonly isGone: boolean;
  /** Nothing comes across, in either direction. */
  readonly isMute: boolean;
}

const SOUND: Bus = { isGone: false, isMute: false };

/** A system error as the kernel reports it to a socket. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * The HCI socket between a Bluetooth library and a virtual controller. Packets reach the library one per macrotask
 * and in order: two in one tick crash noble. The library's side belongs to whoever has bound it, the chip's to the world.
 */
export class VirtualSocket extends EventEmitter implements HciSocket {
  readonly #controller: Controller;
  readonly #bus: Bus;
  readonly #onStop: (socket: VirtualSocket) => void;
  readonly #incoming: Buffer[] = [];
  #pump: NodeJS.Immediate | undefined;
  #attached = false;

  constructor(
    controller: Controller,
    bus: Bus = SOUND,
    onStop: (socket: VirtualSocket) => void = () => undefined,
  ) {
    super();
    this.#controller = controller;
    this.#bus = bus;
    this.#onStop = onStop;
  }

  bindRaw(deviceId = 0): number {
    return this.#bind(deviceId);
  }

  bindUser(deviceId = 0): number {
    return this.#bind(deviceId);
  }

  bindControl(): number {
    return 0;
  }

  isDevUp(): boolean {
    return this.#attached;
  }

  setFilter(): void {
    // The virtual controller sends only what the libraries let through.
  }

  start(): void {
    // Packets flow from the moment of binding.
  }

  stop(): void {
    if (this.#attached) asWorld(() => this.#controller.detach());
    this.#attached = false;
    clearImmediate(this.#pump);
    this.#pump = undefined;
    this.#incoming.length = 0;
    this.#onStop(this);
  }

  write(packet: Buffer): void {
    if (this.#attached && this.#bus.isMute) return;
    if (this.#attached) asWorld(() => this.#controller.receive(Buffer.from(packet)));
    else this.emit('error', systemError('ENETDOWN', 'Network is down'));
  }

  #bind(deviceId: number): number {
    if (this.#bus.isGone) throw systemError('ENODEV', 'No such device');
    if (this.#controller.host.isAttached) throw systemError('EBUSY', 'Device or resource busy');
    this.#attached = true;
    const owner = currentOwner();
    const pump = (): NodeJS.Immediate => asOwner(owner, () => setImmediate(() => this.#deliver()));
    this.#controller.host.attach((packet) => {
      if (this.#bus.isMute) return;
      this.#incoming.push(packet);
      this.#pump ??= pump();
    });
    return deviceId;
  }

  #deliver(): void {
    const packet = this.#incoming.shift();
    this.#pump = this.#incoming.length > 0 ? setImmediate(() => this.#deliver()) : undefined;
    if (packet) this.emit('data', packet);
  }
}
