import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { listen } from '../../world/radio/h4-listen.ts';
import { Pty } from './pty.ts';

/** Where a virtual receiver's bytes come out. */
export interface GpsPort {
  /** What to open, or where to connect. */
  readonly name: string;
  send(bytes: Buffer): void;
  close(): Promise<void>;
}

/** The name that asks for a pseudo-terminal instead of an address. */
export const PTY = 'pty';

/** What a listener may leave unread; later it is hung up on. */
const MAX_UNSENT_BYTES = 64 * 1024;

/**
 * Opens a port of a name: `pty`, or the address of a server.
 * @param log hears of trouble and, on a server, of who comes.
 * @throws PtyError, ListenError where that cannot be.
 */
export async function openGpsPort(name: string, log: (line: string) => void): Promise<GpsPort> {
  return name === PTY ? Pty.open(log) : GpsServer.listen(name, log);
}

/** Gives everybody who connects the receiver's bytes, as gpsd's and the phones' NMEA servers do. */
class GpsServer implements GpsPort {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #name = '';

  private constructor(log: (line: string) => void) {
    this.#server = createServer((socket) => {
      this.#clients.add(socket);
      log(`a listener has come (${this.#clients.size} in all)`);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#clients.delete(socket));
      // Commands for the receiver are not understood.
      socket.resume();
    });
  }

  static async listen(name: string, tell: (line: string) => void): Promise<GpsServer> {
    const server = new GpsServer(tell);
    server.#name = await listen(server.#server, name);
    // From here on an error is one of accepting, and costs nobody but him who would have come.
    server.#server.on('error', (error) => tell(`a listener is lost: ${error.message}`));
    return server;
  }

  get name(): string {
    return this.#name;
  }

  send(bytes: Buffer): void {
    for (const socket of this.#clients) {
      if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy();
      else socket.write(bytes);
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#clients) socket.destroy();
    await closed;
  }
}
