import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { AdapterError } from './adapter-error.ts';
import type { Endpoint } from './endpoint.ts';
import { H4Decoder } from './h4.ts';
import { PacketQueue } from './packet-queue.ts';
import type { HciSocket } from './socket.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** A machine that vanished without a word is asked after so long a silence, and given up some ten seconds later. */
const KEEP_ALIVE_MS = 10_000;

const absent = (name: string): string =>
  `Nobody listens at ${name}: start the controller there, or correct the address`;
const closed = (name: string): string =>
  `${name} has closed the connection: see there why, and whether the controller still runs`;
const unknown = (name: string): string => `The host of ${name} is not known: correct its name, or check DNS`;
const unreachable = (name: string): string =>
  `${name} is out of reach: check the network between here and there`;
const forbidden = (name: string): string =>
  `This process may not use ${name}: check who may write to that socket`;

/** What to do about the errors of a connection, by error code. */
const ADVICE: ReadonlyMap<unknown, (name: string) => string> = new Map([
  ['ECONNREFUSED', absent],
  ['ENOENT', absent],
  ['ENOTFOUND', unknown],
  ['EAI_AGAIN', unknown],
  ['EHOSTUNREACH', unreachable],
  ['ENETUNREACH', unreachable],
  ['ETIMEDOUT', unreachable],
  ['EACCES', forbidden],
  ['EPERM', forbidden],
  ['ECONNRESET', closed],
  ['EPIPE', closed],
]);

/**
 * The HCI socket between a Bluetooth library and a controller that speaks H4 at the other end of a stream. Binding it
 * to an adapter connects; it stays on that one connection, and after its one `error` there is nothing more to hear.
 * What is written before the connection is up goes out with it, in order.
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

  /** @param name what messages call the controller. */
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
    // bleno wants the kernel's management channel: a controller elsewhere has none.
    return 0;
  }

  /** True from the moment of binding: a library in raw mode would take a connection under way for an adapter off. */
  isDevUp(): boolean {
    return this.#connection !== undefined && !this.#isStopped;
  }

  setFilter(): void {
    // A controller sends what its host has asked for.
  }

  start(): void {
    // Packets flow from the moment of binding.
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
    connection.on('connect', () => clearTimeout(this.#connectTimer));
    connection.on('data', (chunk) => this.#receive(connection, chunk));
    connection.on('error', (cause) => this.#fail(this.#withAdvice(cause)));
    connection.on('close', () => this.#fail(new AdapterError(closed(this.#name))));
    const late = `${unreachable(this.#name)} (no answer within ${CONNECT_TIMEOUT_MS / 1000} s)`;
    this.#connectTimer = setTimeout(() => this.#fail(new AdapterError(late)), CONNECT_TIMEOUT_MS);
    return connection;
  }

  #receive(connection: Socket, chunk: Buffer): void {
    try {
      for (const packet of this.#decoder.decode(chunk)) this.#incoming.push(packet);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const advice = `${this.#name} does not speak H4: ${reason}; check that a Bluetooth controller is there`;
      this.#fail(new AdapterError(advice, { cause }));
      return;
    }
    // Nothing more is read until the library has had these: a fast peer fills no memory.
    if (this.#incoming.hasPackets) connection.pause();
  }

  #withAdvice(cause: Error): AdapterError {
    const advice = 'code' in cause ? ADVICE.get(cause.code)?.(this.#name) : undefined;
    return new AdapterError(advice ?? `${this.#name} cannot be used: ${cause.message}`, { cause });
  }

  #fail(error: AdapterError): void {
    if (this.#isStopped) return;
    this.stop();
    this.emit('error', error);
  }
}
