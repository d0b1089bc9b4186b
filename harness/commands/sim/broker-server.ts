import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesPublishPacket } from 'aedes';
import { ReceivedSamples } from '../demo/received-samples.ts';
import { listen } from '../../world/radio/h4-listen.ts';

/** Logs an event: `broker` for connections, `received` for samples. */
export type LogBrokerEvent = (source: 'broker' | 'received', message: string) => void;

/** An Aedes broker (MQTT 3.1.1) on a local port, which logs what it receives. */
export class BrokerServer {
  /** URL for clients. */
  readonly url: string;
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(url: string, aedes: Aedes, server: Server, sockets: ReadonlySet<Socket>) {
    this.url = url;
    this.#aedes = aedes;
    this.#server = server;
    this.#sockets = sockets;
  }

  /**
   * Starts a broker at `tcp:host:port` (port 0 for any free port).
   * @throws ListenError if it cannot listen there
   */
  static async listen(name: string, log: LogBrokerEvent): Promise<BrokerServer> {
    const aedes = await Aedes.createBroker({ id: 'simulated-broker' });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    try {
      const url = (await listen(server, name)).replace(/^tcp:/, 'tcp://');
      // From here on, errors concern single incoming connections only.
      server.on('error', (error) => log('broker', `cannot accept a connection: ${error.message}`));
      logEvents(aedes, log);
      return new BrokerServer(url, aedes, server, sockets);
    } catch (error) {
      aedes.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

function logEvents(aedes: Aedes, log: LogBrokerEvent): void {
  const received = new ReceivedSamples();
  aedes.on('clientReady', ({ id }) => log('broker', `${id} connected`));
  aedes.on('clientDisconnect', ({ id }) => log('broker', `${id} disconnected`));
  aedes.on('publish', (packet, client) => {
    if (client && isFromJournal(packet)) log('received', describe(received, packet));
  });
}

/** Whether a message is on the journal topic: the client's other topics are retained. */
function isFromJournal({ qos, retain }: AedesPublishPacket): boolean {
  return qos > 0 && !retain;
}

function describe(received: ReceivedSamples, { topic, payload }: AedesPublishPacket): string {
  try {
    return received.add(payload.toString());
  } catch {
    return `${payload.length} bytes on ${topic}, not a sample`;
  }
}
