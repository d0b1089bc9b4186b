import { EventEmitter } from 'node:events';
import { adapterName, busyAdvice, isBusy, withAdvice } from './advice.ts';
import { decodePoweredReply, encodeSetPowered, MGMT_STATUS } from './management.ts';
import type { HciSocket, OpenHciSocket } from './socket.ts';

/**
 * The longest that it may take to bind an adapter that is in use. bluetoothd powers a free adapter on within 0.1 s, on a
 * slow Pi within 1 s; powering it off and binding it takes 0.2 s.
 */
const BIND_TIMEOUT_MS = 5_000;
/** Interval between two attempts to bind. */
const RETRY_MS = 25;

/**
 * Socket of a kernel adapter that binds the user channel also if the adapter is up: it powers the adapter off through the
 * kernel's management channel and binds again, because services such as bluetoothd power on every adapter that is free.
 * Packets written meanwhile are sent in order once it is bound. It emits `open` then, or `error` (an AdapterError) if
 * the adapter stays busy.
 */
export class UserChannelSocket extends EventEmitter implements HciSocket {
  readonly #openKernelSocket: OpenHciSocket;
  readonly #socket: HciSocket;
  /** Packets to send once the adapter is bound; undefined if it is bound. */
  #queue: Buffer[] | undefined = [];
  #takeover: Takeover | undefined;

  /** @param openKernelSocket opens a socket that is not bound yet, for HCI and for the management channel. */
  constructor(openKernelSocket: OpenHciSocket) {
    super();
    this.#openKernelSocket = openKernelSocket;
    this.#socket = openKernelSocket();
    this.#socket.on('data', (packet: Buffer) => this.emit('data', packet));
    this.#socket.on('error', (error: Error) => this.emit('error', error));
  }

  bindRaw(deviceId?: number): number {
    const bound = this.#socket.bindRaw(deviceId);
    this.#onBound();
    this.emit('open');
    return bound;
  }

  /** @throws the error of the kernel, unless it is that the adapter is busy. */
  bindUser(deviceId = 0): number {
    if (this.#bindUser(deviceId)) return deviceId;
    this.#takeover = new Takeover(deviceId, {
      open: this.#openKernelSocket,
      bind: () => this.#bindUser(deviceId),
      isUp: () => this.#socket.isDevUp(),
      onFailure: (error) => this.emit('error', error),
    });
    this.#takeover.begin();
    return deviceId;
  }

  bindControl(): number {
    const bound = this.#socket.bindControl();
    this.#onBound();
    return bound;
  }

  isDevUp(): boolean {
    return this.#socket.isDevUp();
  }

  setFilter(filter: Buffer): void {
    this.#socket.setFilter(filter);
  }

  /** Has no effect before the adapter is bound, when it starts by itself. */
  start(): void {
    if (!this.#queue) this.#socket.start();
  }

  stop(): void {
    this.#takeover?.stop();
    this.#socket.stop();
  }

  write(packet: Buffer): void {
    if (this.#queue) this.#queue.push(Buffer.from(packet));
    else this.#socket.write(packet);
  }

  /** @returns false if the adapter is busy. */
  #bindUser(deviceId: number): boolean {
    try {
      this.#socket.bindUser(deviceId);
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    }
    this.#onBound();
    this.emit('open');
    return true;
  }

  #onBound(): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    if (this.#takeover) this.#socket.start();
    for (const packet of queue) this.#socket.write(packet);
  }
}

interface TakeoverOptions {
  readonly open: OpenHciSocket;
  /** Tries to bind; returns false if the adapter is busy, and throws any other error. */
  readonly bind: () => boolean;
  /** Whether the adapter is powered on, also by a program that uses it exclusively. */
  readonly isUp: () => boolean;
  readonly onFailure: (error: Error) => void;
}

/** Takes an adapter over from other programs: powers it off until it can be bound. */
class Takeover {
  readonly #index: number;
  readonly #options: TakeoverOptions;
  readonly #control: HciSocket;
  #retryTimer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  /** Status of the last reply to a command to power the adapter off. */
  #status: number | undefined;
  #isCommandPending = false;

  constructor(index: number, options: TakeoverOptions) {
    this.#index = index;
    this.#options = options;
    this.#control = options.open();
  }

  begin(): void {
    this.#control.on('data', (packet: Buffer) => this.#onEvent(packet));
    this.#control.on('error', (error: Error) => this.#fail(error));
    this.#control.bindControl();
    this.#control.start();
    this.#retryTimer = setInterval(() => this.#retry(), RETRY_MS);
    this.#deadline = setTimeout(() => this.#giveUp(), BIND_TIMEOUT_MS);
    this.#powerOff();
  }

  stop(): void {
    clearInterval(this.#retryTimer);
    clearTimeout(this.#deadline);
    this.#control.removeAllListeners();
    this.#control.on('error', () => undefined);
    this.#control.stop();
  }

  #onEvent(packet: Buffer): void {
    const status = decodePoweredReply(packet, this.#index);
    if (status === undefined) return;
    this.#status = status;
    this.#isCommandPending = false;
    if (status === MGMT_STATUS.success) this.#bind();
  }

  /**
   * Binds the adapter, or powers it off again if another program was faster. Not while a command to power it off is pending,
   * which would otherwise power off the adapter that was just bound.
   */
  #retry(): void {
    if (!this.#isCommandPending && !this.#bind()) this.#powerOff();
  }

  /** @returns false if the adapter is still busy. */
  #bind(): boolean {
    try {
      const isBound = this.#options.bind();
      if (isBound) this.stop();
      return isBound;
    } catch (error) {
      this.#fail(error);
      return true;
    }
  }

  #powerOff(): void {
    this.#isCommandPending = true;
    this.#control.write(encodeSetPowered({ index: this.#index, isOn: false }));
  }

  #giveUp(): void {
    const isUp = this.#options.isUp();
    this.#fail(busyAdvice({ name: adapterName(this.#index), status: this.#status, isUp }));
  }

  #fail(error: unknown): void {
    this.stop();
    this.#options.onFailure(withAdvice(error, adapterName(this.#index)));
  }
}
