import type { Adapter } from '../../../hci/adapter.ts';
import type { HciSocket } from '../../../hci/socket.ts';
import type { Controller } from './controller.ts';
import { VirtualSocket, type TransportState } from './virtual-socket.ts';

/** An adapter with `controller` for its chip, which can be pulled, put back and fall mute. */
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

  /** The sockets that were opened and not stopped. */
  get sockets(): readonly HciSocket[] {
    return [...this.#sockets];
  }

  /** The chip is gone: nobody is told, what is written to an open socket fails, and no other one can be opened. */
  unplug(): void {
    this.#transport.isGone = true;
    this.release();
  }

  /** It is there again; sockets from before stay dead. */
  plug(): void {
    this.#transport.isGone = false;
  }

  /** The chip neither answers its host nor reports to it. On the air it goes on. */
  mute(isMute: boolean): void {
    this.#transport.isMute = isMute;
  }

  /** The process that had it open is gone. */
  release(): void {
    for (const socket of this.sockets) socket.stop();
  }
}
