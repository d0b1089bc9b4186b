import type { Adapter } from './adapter.ts';
import type { HciSocket, OpenHciSocket } from './socket.ts';

/** In raw mode both libraries ask every second whether the adapter is up. */
interface Polling {
  pollIsDevUp: () => void;
}

/** What a Bluetooth library opens and starts, and has no call to end. */
export class Teardown {
  /** Opens the adapter's sockets for the library. */
  readonly open: OpenHciSocket;
  readonly #sockets: HciSocket[] = [];
  #ended = false;

  constructor(adapter: Adapter) {
    this.open = () => {
      const socket = adapter.open();
      this.#sockets.push(socket);
      return socket;
    };
  }

  /** Makes the library's polling end with the rest; to be called before the library starts. */
  watch(hci: Polling): void {
    const poll = hci.pollIsDevUp.bind(hci);
    hci.pollIsDevUp = () => {
      if (!this.#ended) poll();
    };
  }

  /** Stops the sockets and the polling; a poll that is due within the second comes to nothing. */
  end(): void {
    this.#ended = true;
    for (const socket of this.#sockets) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.stop();
    }
  }
}
