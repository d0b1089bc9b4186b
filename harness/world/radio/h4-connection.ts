import type { Socket } from 'node:net';
import { H4Decoder } from '../../../hci/h4.ts';
import type { Air } from './air.ts';
import { Controller } from './controller.ts';
import type { DeviceAddress } from './device-address.ts';
import { dataBufferOverflow } from './events.ts';

/** Number of bytes that a host may leave unread, besides the buffers of the operating system. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** Number of data packets that a host may send beyond the buffers of its controller. */
const MAX_OVERFLOWS = 256;
/** TCP keep-alive: a vanished machine is detected some ten seconds after this much silence. */
const KEEP_ALIVE_MS = 10_000;

const OVERFLOW = dataBufferOverflow();

/**
 * The connection of a remote host, and its controller on the air. An error of the host ends this connection alone.
 */
export class H4Connection {
  /** Resolves once the controller was removed from the air. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #controller: Controller;
  readonly #decoder = new H4Decoder();
  #reason: string | undefined;
  #overflows = 0;

  /** @param log is called with the reason when the connection ends. */
  constructor(socket: Socket, air: Air, identity: DeviceAddress, log: (reason: string) => void) {
    this.#socket = socket;
    this.#controller = new Controller(air, { identity });
    this.#controller.host.attach((packet) => this.#send(packet));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () =>
      this.drop(
        this.#decoder.hasPartialPacket
          ? 'closed by the host in the middle of a packet'
          : 'closed by the host',
      ),
    );
    socket.on('error', (error) => (this.#reason ??= `lost: ${error.message}`));
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        air.remove(this.#controller);
        log(this.#reason ?? 'closed');
        resolve();
      });
    });
  }

  /**
   * Ends the connection. The controller is removed from the air in a later task, as a caller may still be using it.
   */
  drop(reason: string): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    // Reads the next chunk in the next turn of the event loop, so that a host that floods does not block the others.
    this.#socket.pause();
    setImmediate(() => this.#socket.resume());
    try {
      for (const packet of this.#decoder.decode(chunk)) {
        if (this.#socket.destroyed) return;
        this.#controller.receive(packet);
      }
    } catch (error) {
      this.drop(`dropped: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #send(packet: Buffer): void {
    if (this.#socket.destroyed) return;
    this.#socket.write(packet);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.drop('dropped: the host does not read');
    if (packet.equals(OVERFLOW) && ++this.#overflows > MAX_OVERFLOWS)
      this.drop('dropped: the host exceeds the buffers of its controller');
  }
}
