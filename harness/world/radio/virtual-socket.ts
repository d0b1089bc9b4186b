import { EventEmitter } from 'node:events';
import { decodeSetPowered, encodePoweredReply, MGMT_STATUS } from '../../../hci/management.ts';
import { H4, type HciSocket } from '../../../hci/socket.ts';
import { runAs, runAsWorld, currentOwner } from '../clock/timer-owner.ts';
import type { Controller } from './controller.ts';
import { EVENT } from './events.ts';

/** The kernel between sockets and the controller, as far as it can fail. */
export interface VirtualKernel {
  /** The controller was unplugged, so no socket can be opened. */
  readonly isGone: boolean;
  /** No packet gets through in either direction. */
  readonly isMute: boolean;
  /** A program has powered the adapter on, so it cannot be bound exclusively. */
  readonly isUp: boolean;
  /** Another program has bound it exclusively. */
  readonly isTaken: boolean;
  /** Delays of the replies to commands, in order; undefined if a reply is lost. */
  readonly replyDelays: ReadonlySet<() => number | undefined>;
  /** Each returns true for a packet of the controller that is lost. */
  readonly dropFilters: ReadonlySet<(packet: Buffer) => boolean>;
  /** Powers the adapter on or off, for a program that uses the management channel. */
  setPowered(isOn: boolean): void;
}

const HEALTHY: VirtualKernel = {
  isGone: false,
  isMute: false,
  isUp: false,
  isTaken: false,
  replyDelays: new Set(),
  dropFilters: new Set(),
  setPowered: () => undefined,
};
const REPLIES: readonly (number | undefined)[] = [EVENT.commandComplete, EVENT.commandStatus];

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
  readonly #kernel: VirtualKernel;
  readonly #onStop: (socket: VirtualSocket) => void;
  readonly #incoming: Buffer[] = [];
  readonly #lateReplies = new Set<NodeJS.Timeout>();
  #lastReplyMs = 0;
  #deliveryTimer: NodeJS.Immediate | undefined;
  #isAttached = false;
  #isControl = false;
  #isStopped = false;

  constructor(
    controller: Controller,
    kernel: VirtualKernel = HEALTHY,
    onStop: (socket: VirtualSocket) => void = () => undefined,
  ) {
    super();
    this.#controller = controller;
    this.#kernel = kernel;
    this.#onStop = onStop;
  }

  bindRaw(deviceId = 0): number {
    return this.#bind(deviceId);
  }

  bindUser(deviceId = 0): number {
    const { isGone, isUp, isTaken } = this.#kernel;
    if (!isGone && (isUp || isTaken)) throw systemError('EBUSY', 'Device or resource busy');
    return this.#bind(deviceId);
  }

  bindControl(): number {
    this.#isControl = true;
    return 0;
  }

  isDevUp(): boolean {
    if (this.#isStopped || this.#kernel.isGone) return false;
    const { isUp, isTaken } = this.#kernel;
    return isUp || isTaken || this.#controller.host.isAttached;
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
    this.#isStopped = true;
    clearImmediate(this.#deliveryTimer);
    this.#deliveryTimer = undefined;
    this.#incoming.length = 0;
    for (const timer of this.#lateReplies) clearTimeout(timer);
    this.#lateReplies.clear();
    this.#onStop(this);
  }

  write(packet: Buffer): void {
    if (this.#isControl) this.#manage(packet);
    else if (this.#isAttached && this.#kernel.isMute) return;
    else if (this.#isAttached) runAsWorld(() => this.#controller.receive(Buffer.from(packet)));
    else this.emit('error', systemError('ENETDOWN', 'Network is down'));
  }

  /** Executes a management command; the kernel refuses to power an adapter that is held in the user channel. */
  #manage(packet: Buffer): void {
    const command = decodeSetPowered(packet);
    if (!command) return;
    const { isGone, isTaken } = this.#kernel;
    const isUnavailable = isGone || isTaken || this.#controller.host.isAttached;
    if (!isUnavailable) runAsWorld(() => this.#kernel.setPowered(command.isOn));
    const status = isUnavailable ? MGMT_STATUS.invalidIndex : MGMT_STATUS.success;
    this.#incoming.push(encodePoweredReply(command.index, status));
    this.#deliveryTimer ??= setImmediate(() => this.#deliver());
  }

  #bind(deviceId: number): number {
    if (this.#kernel.isGone) throw systemError('ENODEV', 'No such device');
    if (this.#controller.host.isAttached) throw systemError('EBUSY', 'Device or resource busy');
    this.#isAttached = true;
    this.#isStopped = false;
    const owner = currentOwner();
    const pump = (): NodeJS.Immediate => runAs(owner, () => setImmediate(() => this.#deliver()));
    this.#controller.host.attach((packet) => {
      for (const isLost of this.#kernel.dropFilters) if (isLost(packet)) return;
      this.#delayed(packet, () => {
        if (this.#kernel.isMute) return;
        this.#incoming.push(packet);
        this.#deliveryTimer ??= pump();
      });
    });
    return deviceId;
  }

  /** Passes a packet of the controller on: at once, unless replies are late or lost. */
  #delayed(packet: Buffer, pass: () => void): void {
    const isReply = packet[0] === H4.event && REPLIES.includes(packet[1]);
    const delaysMs = isReply ? [...this.#kernel.replyDelays].map((draw) => draw()) : [];
    if (delaysMs.includes(undefined)) return;
    // A reply does not overtake an earlier one.
    const waitMs = isReply ? this.#lastReplyMs - performance.now() : 0;
    const delayMs = Math.max(0, waitMs, ...delaysMs.map((ms = 0) => ms));
    if (delayMs === 0) {
      pass();
      return;
    }
    const timer = setTimeout(() => {
      this.#lateReplies.delete(timer);
      pass();
    }, delayMs);
    this.#lateReplies.add(timer);
    this.#lastReplyMs = performance.now() + delayMs;
  }

  #deliver(): void {
    const packet = this.#incoming.shift();
    this.#deliveryTimer = this.#incoming.length > 0 ? setImmediate(() => this.#deliver()) : undefined;
    if (packet) this.emit('data', packet);
  }
}
