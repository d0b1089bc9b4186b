import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Aedes, type AedesPublishPacket } from 'aedes';
import { ReceivedSamples } from '../demo/received-samples.ts';
import { listen } from '../../world/radio/h4-listen.ts';

/** Who says what: `broker` who comes and goes, `received` what arrives. */
export type BrokerLog = (who: 'broker' | 'received', what: string) => void;

/** An Aedes broker on a port of this machine, for MQTT 3.1.1, that tells what it receives. */
export class BrokerServer {
  /** What a client connects to. */
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
   * Starts one at `tcp:host:port` (port 0 for any that is free).
   * @throws ListenError where it cannot listen there.
   */
  static async listen(name: string, log: BrokerLog): Promise<BrokerServer> {
    const aedes = await Aedes.createBroker({ id: 'simulated-broker' });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    try {
      const url = (await listen(server, name)).replace(/^tcp:/, 'tcp://');
      // From here on an error is one of accepting, and costs nobody but him who would have come.
      server.on('error', (error) => log('broker', `a client is lost: ${error.message}`));
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

function logEvents(aedes: Aedes, log: BrokerLog): void {
  const received = new ReceivedSamples();
  aedes.on('clientReady', ({ id }) => log('broker', `${id} is connected`));
  aedes.on('clientDisconnect', ({ id }) => log('broker', `${id} is gone`));
  aedes.on('publish', (packet, client) => {
    if (client && isFromJournal(packet)) log('received', describe(received, packet));
  });
}

/** Whether it is a sample that will not be sent again; the client's other topics are retained. */
function isFromJournal({ qos, retain }: AedesPublishPacket): boolean {
  return qos > 0 && !retain;
}

function describe(received: ReceivedSamples, { topic, payload }: AedesPublishPacket): string {
  try {
    return received.add(payload.toString());
  } catch {
    return `${payload.length} bytes on ${topic} that are no sample`;
  }
}
