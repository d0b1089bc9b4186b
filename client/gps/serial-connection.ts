/** Maximum time to close a port, in milliseconds; after that it is left to the operating system. */
export const CLOSE_TIMEOUT_MS = 1000;

type Done = (error: Error | null) => void;

/** The part of a serialport stream that is used here. */
export interface SerialPortLike {
  open(done: Done): void;
  close(done: Done): void;
  write(bytes: Buffer): boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error' | 'close' | 'end', listener: (error?: Error | null) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'error' | 'close' | 'end', listener: (error?: Error | null) => void): unknown;
}

/** Events of a serial connection. None is emitted after it is lost or closed. */
export interface SerialConnectionListener {
  onOpen(): void;
  onData(chunk: Buffer): void;
  /** The port was open and is no longer, for whatever reason. */
  onClosed(): void;
  /** The port could not be opened (`wasOpen` false), or was lost. */
  onLost(reason: string, wasOpen: boolean): void;
}

/** One connection to a serial port: opened once, and lost or closed once. */
export class SerialConnection {
  readonly #port: SerialPortLike;
  readonly #listener: SerialConnectionListener;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #isOpenSettled = false;

  constructor(port: SerialPortLike, listener: SerialConnectionListener) {
    this.#port = port;
    this.#listener = listener;
  }

  /** Whether the operating system has not completed the open call yet. */
  get isOpening(): boolean {
    return !this.#isOpenSettled;
  }

  open(): void {
    this.#port.on('error', this.#onError);
    this.#port.on('close', this.#onClose);
    this.#port.on('end', this.#onClose);
    this.#port.open((error) => this.#onOpenSettled(error));
  }

  /** Writes to the port while it is open; otherwise does nothing. */
  send(bytes: Buffer): void {
    if (this.#state === 'open') this.#port.write(bytes);
  }

  /** Closes the port, now or as soon as it opens. Resolves when it is closed, after `CLOSE_TIMEOUT_MS` at the latest. */
  async close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#port.off('data', this.#onData);
    this.#port.off('close', this.#onClose);
    this.#port.off('end', this.#onClose);
    // The error listener stays: a late error without a listener would end the process.
    if (!wasOpen) return;
    this.#listener.onClosed();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
      this.#port.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Closes the port, unless it is closed already, and reports it as lost. */
  fail(reason: string): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    void this.close();
    this.#listener.onLost(reason, wasOpen);
  }

  #onOpenSettled(error: Error | null): void {
    this.#isOpenSettled = true;
    if (error) {
      this.fail(`could not be opened: ${error.message}`);
    } else if (this.#state === 'closed') {
      this.#port.close(() => undefined);
    } else {
      this.#state = 'open';
      this.#port.on('data', this.#onData);
      this.#listener.onOpen();
    }
  }

  readonly #onData = (chunk: Buffer): void => this.#listener.onData(chunk);

  readonly #onError = (error?: Error | null): void =>
    this.fail(`failed: ${error?.message ?? 'no reason given'}`);

  readonly #onClose = (error?: Error | null): void =>
    this.fail(`was closed: ${error?.message ?? 'no reason given'}`);
}
