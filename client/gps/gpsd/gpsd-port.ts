import { EventEmitter } from 'node:events';
import { Socket } from 'node:net';
import type { SerialPortLike } from '../serial-connection.ts';
import type { GpsdAddress } from './address.ts';

/** Limit of one attempt to connect. */
const CONNECT_TIMEOUT_MS = 4000;
const EVENTS = ['data', 'error', 'close', 'end'] as const;

/** Connection to gpsd, with the interface of a serial port. Opened once. */
export class GpsdPort extends EventEmitter implements SerialPortLike {
  readonly #address: GpsdAddress;
  readonly #socket = new Socket();

  constructor(address: GpsdAddress) {
    super();
    this.#address = address;
    // A connection keeps the process alive neither while it opens nor later.
    this.#socket.unref();
    // Even an error after it was closed must not end the process.
    this.#socket.on('error', () => undefined);
  }

  open(done: (error: Error | null) => void): void {
    const socket = this.#socket;
    const timer = setTimeout(
      () => socket.destroy(new Error(`no response within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('connect', onConnect);
      done(error);
    };
    const onError = (error: Error): void => settle(new Error(describe(error), { cause: error }));
    const onConnect = (): void => {
      for (const event of EVENTS) socket.on(event, (value?: unknown) => this.#forward(event, value));
      settle(null);
    };
    socket.on('error', onError);
    socket.on('connect', onConnect);
    socket.connect(this.#address);
  }

  write(bytes: Buffer): boolean {
    return this.#socket.writable && this.#socket.write(bytes);
  }

  close(done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(null);
  }

  /** Forwards an event of the connection; one without a listener for its errors must not end the process. */
  #forward(event: (typeof EVENTS)[number], value: unknown): void {
    if (event === 'close') this.emit(event, null);
    else if (event !== 'error' || this.listenerCount(event) > 0) this.emit(event, value);
  }
}

/** Describes an error: one for several addresses of a host has only theirs. */
function describe(error: Error): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? first.message : error.message;
}
