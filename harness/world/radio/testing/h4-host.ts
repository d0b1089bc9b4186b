import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ENDPOINTS } from '../../../../hci/endpoint.ts';
import { H4Decoder } from '../../../../hci/h4.ts';
import { once } from '../../../../hci/testing/deadline.ts';

/** Set Event Mask with all events, as the default excludes LE events. */
const SET_EVENT_MASK = '01010c08' + 'ffffffffffffffff';

/** A minimal host on a remote controller: sends given packets, and records received ones. */
export class H4Host {
  readonly socket: Socket;
  /** Resolves once the connection has ended. */
  readonly ended: Promise<void>;
  readonly #changes = new EventEmitter();
  readonly #received: string[] = [];
  #hasEnded = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    const decoder = new H4Decoder();
    socket.on('data', (chunk) => {
      for (const packet of decoder.decode(chunk)) this.#received.push(packet.toString('hex'));
      this.#changes.emit('change');
    });
    socket.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#hasEnded = true;
        this.#changes.emit('change');
        resolve();
      });
    });
  }

  /** @param name `tcp:host:port` or `unix:path`. */
  static async connect(name: string): Promise<H4Host> {
    const [endpoint] = ENDPOINTS.map(({ parse }) => parse(name)).filter((found) => found !== undefined);
    if (!endpoint) throw new Error(`${name} is not an endpoint`);
    const socket = connect(endpoint);
    const host = new H4Host(socket);
    await once(socket, 'connect');
    host.send(SET_EVENT_MASK);
    return host;
  }

  /** Sends packets given in hex. */
  send(...packets: string[]): void {
    this.socket.write(Buffer.from(packets.join(''), 'hex'));
  }

  /** Waits for a packet that begins with `start`, in hex; discards it and the packets before it. */
  async waitFor(start: string): Promise<string> {
    const what = `a packet ${start}`;
    for (;;) {
      const index = this.#received.findIndex((packet) => packet.startsWith(start));
      const [packet] = index < 0 ? [] : this.#received.splice(0, index + 1).slice(-1);
      if (packet !== undefined) return packet;
      if (this.#hasEnded) throw new Error(`the connection ended without a packet ${start}`);
      await once(this.#changes, 'change', what);
    }
  }

  /** Reads the controller's address, in hex. */
  async address(): Promise<string> {
    this.send('01091000');
    const answer = await this.waitFor('040e0a01091000');
    return Buffer.from(answer, 'hex').subarray(7).reverse().toString('hex');
  }
}
