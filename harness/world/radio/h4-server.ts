import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Air } from './air.ts';
import type { DeviceAddress } from './device-address.ts';
import { H4Connection } from './h4-connection.ts';
import { listen } from './h4-listen.ts';

/** More are refused: each takes one of the process's file descriptors, of which there are about a thousand. */
const MAX_CONNECTIONS = 256;

export interface H4ServerOptions {
  readonly air: Air;
  /** The address of the controller for a connection, which are counted from 1; where it throws, nobody gets in. */
  readonly identity: (connection: number) => DeviceAddress;
  /** Is told of every connection that it comes, and why it ends: one line each. */
  readonly log: (line: string) => void;
}

/**
 * Opens an air to hosts that are somewhere else: every connection gets a controller of its own, speaks H4 to it, and
 * has it for as long as it lasts.
 */
export class H4Server {
  readonly #server: Server;
  readonly #options: H4ServerOptions;
  readonly #connections = new Set<H4Connection>();
  #name = '';
  #accepted = 0;

  private constructor(options: H4ServerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('drop', () => this.#log(`a connection is refused: there are ${MAX_CONNECTIONS} already`));
  }

  /**
   * Starts one at `tcp:host:port` (port 0 for any that is free) or `unix:path`.
   * @throws ListenError where that is no such name, or cannot be listened at.
   */
  static async listen(name: string, options: H4ServerOptions): Promise<H4Server> {
    const server = new H4Server(options);
    server.#name = await listen(server.#server, name);
    // From here on an error is one of accepting, and costs nobody but him who would have come.
    server.#server.on('error', (error) => server.#log(`a connection is lost: ${error.message}`));
    return server;
  }

  /** The adapter as which others find it; the port is the one that it got. */
  get name(): string {
    return this.#name;
  }

  /** Ends it with all its connections; their controllers have left the air then. */
  async close(): Promise<void> {
    const connections = [...this.#connections].map(({ closed }) => closed);
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    for (const connection of this.#connections) connection.drop('is cut off: the server ends');
    await Promise.all([closed, ...connections]);
  }

  #accept(socket: Socket): void {
    this.#accepted += 1;
    const { remoteAddress } = socket;
    const peer = `${this.#accepted}${remoteAddress === undefined ? '' : ` from ${remoteAddress}`}`;
    try {
      const identity = this.#options.identity(this.#accepted);
      const connection = new H4Connection(socket, this.#options.air, identity, (reason) => {
        this.#connections.delete(connection);
        this.#log(`connection ${peer} ${reason}`);
      });
      this.#connections.add(connection);
      this.#log(`connection ${peer} is here as ${identity.address}`);
    } catch (error) {
      socket.destroy();
      this.#log(`connection ${peer} is refused: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #log(line: string): void {
    this.#options.log(`${this.#name}: ${line}`);
  }
}
