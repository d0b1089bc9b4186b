import type { Adapter } from '../../../hci/adapter.ts';
import type { HciSocket } from '../../../hci/socket.ts';
import { UserChannelSocket } from '../../../hci/user-channel-socket.ts';
import { runAsWorld } from '../clock/timer-owner.ts';
import { AutoEnable } from './auto-enable.ts';
import type { Controller } from './controller.ts';
import { VirtualSocket, type VirtualKernel } from './virtual-socket.ts';

/** An adapter with a virtual controller, which can be unplugged and muted, and powered on by a Bluetooth service. */
export class VirtualAdapter implements Adapter {
  readonly deviceId = 0;
  readonly controller: Controller;
  /** Delays of the replies to commands, in milliseconds; undefined for a reply that is lost. */
  readonly replyDelays = new Set<() => number | undefined>();
  /** Each returns true for a packet of the controller that is lost. */
  readonly dropFilters = new Set<(packet: Buffer) => boolean>();
  readonly #kernel: { -readonly [Part in keyof VirtualKernel]: VirtualKernel[Part] } = {
    isGone: false,
    isMute: false,
    isUp: false,
    isTaken: false,
    replyDelays: this.replyDelays,
    dropFilters: this.dropFilters,
    setPowered: (isOn) => this.#setPowered(isOn),
  };
  readonly #sockets = new Set<HciSocket>();
  readonly #autoEnable: AutoEnable;
  /** Number of programs that want to use the adapter exclusively. */
  #takerCount = 0;

  constructor(controller: Controller) {
    this.controller = controller;
    this.#autoEnable = new AutoEnable({
      isFree: () => this.#isFree,
      powerOn: () => this.#setPowered(true),
    });
  }

  readonly open = (): HciSocket => new UserChannelSocket(() => this.#openKernelSocket());

  /** The open sockets of the kernel. */
  get sockets(): readonly HciSocket[] {
    return [...this.#sockets];
  }

  /** Removes the controller: writes to open sockets fail, and no socket can be opened. */
  unplug(): void {
    this.#kernel.isGone = true;
    this.#kernel.isUp = this.#kernel.isTaken = false;
    this.release();
  }

  /** Adds the controller again; earlier sockets stay closed. */
  plug(): void {
    this.#kernel.isGone = false;
    this.#onFree();
  }

  /** Stops or restores all packets between the controller and its host; links on the air go on. */
  mute(isMute: boolean): void {
    this.#kernel.isMute = isMute;
  }

  /**
   * Starts a Bluetooth service that powers the adapter on: at once if it is free, later each time it has become free.
   * @param delayMs how long the service takes to power on an adapter that has become free.
   * @returns stops the service, which powers the adapter off.
   */
  autoEnable(delayMs: number): () => void {
    const stop = this.#autoEnable.start(delayMs);
    return () => {
      stop();
      if (!this.#autoEnable.isRunning) this.#kernel.isUp = false;
    };
  }

  /**
   * Starts another program that uses the adapter exclusively, as soon as it is free.
   * @returns ends the program
   */
  take(): () => void {
    this.#takerCount += 1;
    this.#onFree();
    return () => {
      this.#takerCount -= 1;
      if (this.#takerCount > 0) return;
      this.#kernel.isTaken = false;
      this.#onFree();
    };
  }

  /** Closes the sockets of an ended process. */
  release(): void {
    for (const socket of this.sockets) socket.stop();
  }

  #openKernelSocket(): HciSocket {
    const socket = new VirtualSocket(this.controller, this.#kernel, (stopped) => {
      this.#sockets.delete(stopped);
      runAsWorld(() => this.#onFree());
    });
    this.#sockets.add(socket);
    return socket;
  }

  #setPowered(isOn: boolean): void {
    this.#kernel.isUp = isOn;
    if (!isOn) this.#onFree();
  }

  get #isFree(): boolean {
    const { isGone, isUp, isTaken } = this.#kernel;
    return !isGone && !isUp && !isTaken && !this.controller.host.isAttached;
  }

  #onFree(): void {
    if (this.#takerCount > 0 && this.#isFree) this.#kernel.isTaken = true;
    this.#autoEnable.onFree();
  }
}
