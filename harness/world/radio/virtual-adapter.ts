import type { Adapter } from '../../../hci/adapter.ts';
import type { HciSocket } from '../../../hci/socket.ts';
import type { Controller } from './controller.ts';
import { VirtualSocket, type TransportState } from './virtual-socket.ts';

/** An adapter with a virtual controller, which can be unplugged and muted. */
export class VirtualAdapter implements Adapter {
  readonly deviceId = 0;
  readonly controller: Controller;
  readonly #transport: { -readonly [Part in keyof TransportState]: TransportState[Part] } = {
    isGone: false,
    isMute: false,
  };
  readonly #sockets = new Set<HciSocket>();

  constructor(controller: Controller) {
    this.controller = controller;
  }

  readonly open = (): HciSocket => {
    const socket = new VirtualSocket(this.controller, this.#transport, (stopped) =>
      this.#sockets.delete(stopped),
    );
    this.#sockets.add(socket);
    return socket;
  };

  /** The open sockets. */
  get sockets(): readonly HciSocket[] {
    return [...this.#sockets];
  }

  /** Removes the controller: writes to open sockets fail, and no socket can be opened. */
  unplug(): void {
    this.#transport.isGone = true;
    this.release();
  }

  /** Adds the controller again; earlier sockets stay closed. */
  plug(): void {
    this.#transport.isGone = false;
  }

  /** Stops or restores all packets between the controller and its host; links on the air go on. */
  mute(isMute: boolean): void {
    this.#transport.isMute = isMute;
  }

  /** Closes the sockets of an ended process. */
  release(): void {
    for (const socket of this.sockets) socket.stop();
  }
}
