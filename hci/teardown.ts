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
  readonly #failed = new AbortController();
  #ended = false;

  constructor(adapter: Adapter) {
    this.open = () => {
      const socket = adapter.open();
      this.#sockets.push(socket);
      // The libraries swallow it; on a user channel it is all that a vanished adapter says.
      socket.on('error', (error: Error) => this.fail(error));
      return socket;
    };
  }

  /** Aborts when the adapter can be used no longer. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** The adapter can be used no longer. */
  fail(error: Error): void {
    this.#failed.abort(error);
  }

  /** Makes the library's polling end with the rest; to be called before the library starts. */
  stopPolling(hci: Polling): void {
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
