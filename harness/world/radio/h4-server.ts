import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Air } from './air.ts';
import type { DeviceAddress } from './device-address.ts';
import { H4Connection } from './h4-connection.ts';
import { listen } from './h4-listen.ts';

/** Further connections are refused, as a process has only about a thousand file descriptors. */
const MAX_CONNECTIONS = 256;

export interface H4ServerOptions {
  readonly air: Air;
  /** The controller's address for a connection, counted from 1; if it throws, the connection is refused. */
  readonly identity: (connection: number) => DeviceAddress;
  /** Gets one line when a connection begins, and one with the reason when it ends. */
  readonly log: (line: string) => void;
}

/**
 * Serves virtual controllers to hosts in other processes: every connection gets a controller of its own on the air, and
 * exchanges H4 packets with it.
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
    this.#server.on('drop', () => this.#log(`refused a connection: the limit is ${MAX_CONNECTIONS}`));
  }

  /**
   * Starts a server at `tcp:host:port` (port 0 for any free port) or `unix:path`.
   * @throws ListenError if the name is invalid, or the server cannot listen there
   */
  static async listen(name: string, options: H4ServerOptions): Promise<H4Server> {
    const server = new H4Server(options);
    server.#name = await listen(server.#server, name);
    // From here on, errors are those of accepting one connection.
    server.#server.on('error', (error) => server.#log(`accepting a connection failed: ${error.message}`));
    return server;
  }

  /** The adapter name by which hosts connect, with the actual port. */
  get name(): string {
    return this.#name;
  }

  /** Closes the server and all connections, and removes their controllers from the air. */
  async close(): Promise<void> {
    const connections = [...this.#connections].map(({ closed }) => closed);
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined;
    this.#server.close();
    for (const connection of this.#connections) connection.drop('closed: the server is shutting down');
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
      this.#log(`connection ${peer} opened as ${identity.address}`);
    } catch (error) {
      socket.destroy();
      this.#log(`connection ${peer} refused: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #log(line: string): void {
    this.#options.log(`${this.#name}: ${line}`);
  }
}
