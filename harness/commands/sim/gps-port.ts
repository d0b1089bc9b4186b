import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { listen } from '../../world/radio/h4-listen.ts';
import { Pty } from './pty.ts';

/** Output port of a virtual GPS receiver. */
export interface GpsPort {
  /** Path or address for clients. */
  readonly name: string;
  send(bytes: Buffer): void;
  close(): Promise<void>;
}

/** Name of a pseudo-terminal, instead of an address. */
export const PTY = 'pty';

/** Limit of unsent bytes per client; beyond it the client is disconnected. */
const MAX_UNSENT_BYTES = 64 * 1024;

/**
 * Opens a port: `pty`, or the address of a server.
 * @param log called with a message on errors and on new clients
 * @throws PtyError, ListenError if it cannot be opened
 */
export async function openGpsPort(name: string, log: (line: string) => void): Promise<GpsPort> {
  return name === PTY ? Pty.open(log) : NmeaServer.listen(name, log);
}

/** Sends the receiver's bytes to every client, like the NMEA servers of gpsd and phones. */
class NmeaServer implements GpsPort {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #name = '';

  private constructor(log: (line: string) => void) {
    this.#server = createServer((socket) => {
      this.#clients.add(socket);
      log(`client connected (${this.#clients.size} in all)`);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#clients.delete(socket));
      // Input is discarded: the receiver has no commands.
      socket.resume();
    });
  }

  static async listen(name: string, log: (line: string) => void): Promise<NmeaServer> {
    const server = new NmeaServer(log);
    server.#name = await listen(server.#server, name);
    // From here on, errors concern single incoming connections only.
    server.#server.on('error', (error) => log(`cannot accept a connection: ${error.message}`));
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
