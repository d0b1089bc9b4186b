import { EventEmitter } from 'node:events';
import type { HciSocket } from '../../../hci/socket.ts';
import { runAs, runAsWorld, currentOwner } from '../clock/timer-owner.ts';
import type { Controller } from './controller.ts';

/** The state of the transport between the kernel and the controller. */
export interface TransportState {
  /** The controller was unplugged, so no socket can be opened. */
  readonly isGone: boolean;
  /** No packet gets through in either direction. */
  readonly isMute: boolean;
}

const HEALTHY: TransportState = { isGone: false, isMute: false };

/** A system error as the kernel reports it to a socket. */
function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/**
 * An HCI socket between a Bluetooth library and a virtual controller. The library gets one packet per macrotask, in
 * order, as two in one tick crash noble. Its callbacks belong to the process that has bound the socket, those of the
 * controller to the world.
 */
export class VirtualSocket extends EventEmitter implements HciSocket {
  readonly #controller: Controller;
  readonly #transport: TransportState;
  readonly #onStop: (socket: VirtualSocket) => void;
  readonly #incoming: Buffer[] = [];
  #deliveryTimer: NodeJS.Immediate | undefined;
  #isAttached = false;

  constructor(
    controller: Controller,
    bus: TransportState = HEALTHY,
    onStop: (socket: VirtualSocket) => void = () => undefined,
  ) {
    super();
    this.#controller = controller;
    this.#transport = bus;
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
    return this.#isAttached;
  }

  setFilter(): void {
    // The virtual controller sends nothing that the libraries would filter out.
  }

  start(): void {
    // Packets are delivered as soon as the socket is bound.
  }

  stop(): void {
    if (this.#isAttached) runAsWorld(() => this.#controller.detach());
    this.#isAttached = false;
    clearImmediate(this.#deliveryTimer);
    this.#deliveryTimer = undefined;
    this.#incoming.length = 0;
    this.#onStop(this);
  }

  write(packet: Buffer): void {
    if (this.#isAttached && this.#transport.isMute) return;
    if (this.#isAttached) runAsWorld(() => this.#controller.receive(Buffer.from(packet)));
    else this.emit('error', systemError('ENETDOWN', 'Network is down'));
  }

  #bind(deviceId: number): number {
    if (this.#transport.isGone) throw systemError('ENODEV', 'No such device');
    if (this.#controller.host.isAttached) throw systemError('EBUSY', 'Device or resource busy');
    this.#isAttached = true;
    const owner = currentOwner();
    const pump = (): NodeJS.Immediate => runAs(owner, () => setImmediate(() => this.#deliver()));
    this.#controller.host.attach((packet) => {
      if (this.#transport.isMute) return;
      this.#incoming.push(packet);
      this.#deliveryTimer ??= pump();
    });
    return deviceId;
  }

  #deliver(): void {
    const packet = this.#incoming.shift();
    this.#deliveryTimer = this.#incoming.length > 0 ? setImmediate(() => this.#deliver()) : undefined;
    if (packet) this.emit('data', packet);
  }
}
