import type { Adapter } from './adapter.ts';
import { nameOf, withAdvice } from './advice.ts';
import type { HciSocket, OpenHciSocket } from './socket.ts';

/** In raw mode both libraries poll every second whether the adapter is up. */
interface Polling {
  pollIsDevUp: () => void;
}

/** Tracks the sockets and the polling of a Bluetooth library, and ends them: the libraries cannot do that. */
export class Teardown {
  /** Opens a socket of the adapter for the library. */
  readonly open: OpenHciSocket;
  readonly #adapter: Adapter;
  readonly #sockets: HciSocket[] = [];
  readonly #opened = new AbortController();
  readonly #failed = new AbortController();
  #ended = false;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
    this.open = () => {
      const socket = adapter.open();
      this.#sockets.push(socket);
      socket.once('open', () => this.#opened.abort());
      // The libraries ignore errors, but on a user channel an error is the only sign of a removed adapter.
      socket.on('error', (error: Error) => this.fail(error));
      return socket;
    };
  }

  /** Aborts once the controller receives the library's packets, as opening an adapter may take seconds. */
  get opened(): AbortSignal {
    return this.#opened.signal;
  }

  /** Aborts with an AdapterError when the adapter has failed. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Reports that the adapter has failed. */
  fail(error: Error): void {
    this.#failed.abort(withAdvice(error, nameOf(this.#adapter), this.#adapter.channel));
  }

  /** Makes `end` stop the library's polling as well. Call it before the library starts. */
  stopPolling(hci: Polling): void {
    const poll = hci.pollIsDevUp.bind(hci);
    hci.pollIsDevUp = () => {
      if (!this.#ended) poll();
    };
  }

  /** Stops the sockets and the polling; a poll that is already scheduled has no effect. */
  end(): void {
    this.#ended = true;
    for (const socket of this.#sockets) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.stop();
    }
  }
}
