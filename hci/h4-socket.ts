import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AdapterError } from './adapter-error.ts';
import type { Endpoint } from './endpoint.ts';
import { H4Decoder } from './h4.ts';
import { PacketQueue } from './packet-queue.ts';
import type { HciSocket } from './socket.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Idle time before TCP keep-alive probes, which detect a host that vanished. */
const KEEP_ALIVE_MS = 10_000;

const refused = (name: string): string =>
  `Connection refused: ${name}. Start the controller there, or correct the address`;
const notFound = (name: string): string =>
  `No such socket: ${name}. Start the controller there, or correct the path`;
const closed = (name: string): string =>
  `${name} closed the connection: check whether the controller still runs, and its log`;
const unknownHost = (name: string): string => `Unknown host: ${name}. Correct the host name, or check DNS`;
const unreachable = (name: string): string => `Cannot reach ${name}: check the network connection to it`;
const forbidden = (name: string): string =>
  `No permission to use ${name}: check the write permission of that socket`;

/** Advice for connection errors, by error code. */
const ADVICE: ReadonlyMap<unknown, (name: string) => string> = new Map([
  ['ECONNREFUSED', refused],
  ['ENOENT', notFound],
  ['ENOTFOUND', unknownHost],
  ['EAI_AGAIN', unknownHost],
  ['EHOSTUNREACH', unreachable],
  ['ENETUNREACH', unreachable],
  ['ETIMEDOUT', unreachable],
  ['EACCES', forbidden],
  ['EPERM', forbidden],
  ['ECONNRESET', closed],
  ['EPIPE', closed],
]);

/**
 * HCI socket to an external controller with an H4 transport over TCP or a Unix socket. Binding connects it, once;
 * packets written meanwhile are sent in order once it is connected. It emits `error` at most once, and nothing after it.
 */
export class H4Socket extends EventEmitter implements HciSocket {
  readonly #name: string;
  readonly #endpoint: Endpoint;
  readonly #decoder = new H4Decoder();
  readonly #incoming = new PacketQueue(
    (packet) => this.emit('data', packet),
    () => this.#connection?.resume(),
  );
  #connection: Socket | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #isStopped = false;

  /** @param name name of the controller in messages. */
  constructor(name: string, endpoint: Endpoint) {
    super();
    this.#name = name;
    this.#endpoint = endpoint;
  }

  bindRaw(deviceId = 0): number {
    this.#connection ??= this.#connect();
    return deviceId;
  }

  bindUser(deviceId = 0): number {
    this.#connection ??= this.#connect();
    return deviceId;
  }

  bindControl(): number {
    // bleno opens the kernel's management channel, which an external controller does not have.
    return 0;
  }

  /** True from binding on: in raw mode a library would treat a pending connection as an adapter that is off. */
  isDevUp(): boolean {
    return this.#connection !== undefined && !this.#isStopped;
  }

  setFilter(): void {
    // An external controller sends only what its host has enabled.
  }

  start(): void {
    // Packets are delivered from binding on.
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#connectTimer);
    this.#incoming.clear();
    this.#connection?.destroy();
  }

  write(packet: Buffer): void {
    if (!this.#isStopped) this.#connection?.write(Buffer.from(packet));
  }

  #connect(): Socket {
    const connection = connect({
      ...this.#endpoint,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    connection.on('connect', () => {
      clearTimeout(this.#connectTimer);
      this.emit('open');
    });
    connection.on('data', (chunk) => this.#receive(connection, chunk));
    connection.on('error', (cause) => this.#fail(this.#withAdvice(cause)));
    connection.on('close', () => this.#fail(new AdapterError(closed(this.#name))));
    const timedOut = `${unreachable(this.#name)} (timed out after ${CONNECT_TIMEOUT_MS / 1000} s)`;
    this.#connectTimer = setTimeout(() => this.#fail(new AdapterError(timedOut)), CONNECT_TIMEOUT_MS);
    return connection;
  }

  #receive(connection: Socket, chunk: Buffer): void {
    try {
      for (const packet of this.#decoder.decode(chunk)) this.#incoming.push(packet);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const advice = `${this.#name} does not use H4 (${reason}): check that it is a Bluetooth controller`;
      this.#fail(new AdapterError(advice, { cause }));
      return;
    }
    // Backpressure: read no more until the library has received these packets.
    if (this.#incoming.hasPackets) connection.pause();
  }

  #withAdvice(cause: Error): AdapterError {
    const advice = 'code' in cause ? ADVICE.get(cause.code)?.(this.#name) : undefined;
    return new AdapterError(advice ?? `Cannot use ${this.#name}: ${cause.message}`, { cause });
  }

  #fail(error: AdapterError): void {
    if (this.#isStopped) return;
    this.stop();
    this.emit('error', error);
  }
}
