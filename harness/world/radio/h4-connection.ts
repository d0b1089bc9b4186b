import type { Socket } from 'node:net';
import { H4Decoder } from '../../../hci/h4.ts';
import type { Air } from './air.ts';
import { Controller } from './controller.ts';
import type { DeviceAddress } from './device-address.ts';
import { dataBufferOverflow } from './events.ts';

/** What a host may leave unread, in bytes, besides what the system keeps for it. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** Data packets that a host may send though it was told that its controller has no buffer for them. */
const MAX_OVERFLOWS = 256;
/** A machine that vanished without a word is asked after so long a silence, and given up some ten seconds later. */
const KEEP_ALIVE_MS = 10_000;

const OVERFLOW = dataBufferOverflow();

/**
 * A host somewhere else, and the controller that it has in the air for as long as its connection lasts. Whatever it
 * does or sends, only its own connection ends.
 */
export class H4Connection {
  /** Settles once its controller has left the air. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #controller: Controller;
  readonly #decoder = new H4Decoder();
  #reason: string | undefined;
  #overflows = 0;

  /** @param log is told why the connection ended. */
  constructor(socket: Socket, air: Air, identity: DeviceAddress, log: (reason: string) => void) {
    this.#socket = socket;
    this.#controller = new Controller(air, { identity });
    this.#controller.host.attach((packet) => this.#send(packet));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () =>
      this.drop(this.#decoder.hasPartialPacket ? 'left in the middle of a packet' : 'left'),
    );
    socket.on('error', (error) => (this.#reason ??= `vanished: ${error.message}`));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        air.remove(this.#controller);
        log(this.#reason ?? 'is gone');
        resolve();
      });
    });
  }

  /**
   * Ends the connection; the controller leaves the air in a later task, because whoever is just telling it something
   * counts on it.
   */
  drop(reason: string): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    // The next chunk waits for the next turn: whoever floods keeps nobody else from his.
    this.#socket.pause();
    setImmediate(() => this.#socket.resume());
    try {
      for (const packet of this.#decoder.decode(chunk)) {
        if (this.#socket.destroyed) return;
        this.#controller.receive(packet);
      }
    } catch (error) {
      this.drop(`was dropped: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #send(packet: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(packet);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.drop('was dropped: it does not read');
    if (packet.equals(OVERFLOW) && ++this.#overflows > MAX_OVERFLOWS)
      this.drop('was dropped: it sends data that its controller has no buffers for');
  }
}
