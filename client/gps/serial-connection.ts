/** How long closing a port may take, in milliseconds; after that it is left to the operating system. */
export const CLOSE_TIMEOUT_MS = 1000;

type Done = (error: Error | null) => void;

/** What is needed of a serial port: a stream of serialport is one as it stands. */
export interface SerialPortLike {
  open(done: Done): void;
  close(done: Done): void;
  write(bytes: Buffer): boolean;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'error' | 'close' | 'end', listener: (error?: Error | null) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'error' | 'close' | 'end', listener: (error?: Error | null) => void): unknown;
}

/** What becomes of an opening. Once it is lost or ended, nothing but that is told any more. */
export interface SerialConnectionListener {
  onOpen(): void;
  onData(chunk: Buffer): void;
  /** It was open and is so no more, whoever has ended it. */
  onClosed(): void;
  /** It could not be opened (`wasOpen` false), or broke off. */
  onLost(reason: string, wasOpen: boolean): void;
}

/** One life of a serial port: opened once, and lost or ended once. */
export class SerialConnection {
  readonly #port: SerialPortLike;
  readonly #listener: SerialConnectionListener;
  #state: 'opening' | 'open' | 'over' = 'opening';
  #isOpenSettled = false;

  constructor(port: SerialPortLike, listener: SerialConnectionListener) {
    this.#port = port;
    this.#listener = listener;
  }

  /** Whether the operating system still owes an answer. */
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

  /** Takes an open port for lost. */
  abort(reason: string): void {
    this.#lose(reason);
  }

  /** Closes the port, now or as soon as it opens. Resolves when it is closed, after `CLOSE_TIMEOUT_MS` at the latest. */
  async close(): Promise<void> {
    const wasOpen = this.#state === 'open';
    this.#state = 'over';
    this.#port.off('data', this.#onData);
    this.#port.off('close', this.#onClose);
    this.#port.off('end', this.#onClose);
    // The error listener stays: a late error that nobody hears would end the process.
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

  #onOpenSettled(error: Error | null): void {
    this.#isOpenSettled = true;
    if (error) {
      this.#lose(`could not be opened: ${error.message}`);
    } else if (this.#state === 'over') {
      this.#port.close(() => undefined);
    } else {
      this.#state = 'open';
      this.#port.on('data', this.#onData);
      this.#listener.onOpen();
    }
  }

  readonly #onData = (chunk: Buffer): void => this.#listener.onData(chunk);

  readonly #onError = (error?: Error | null): void =>
    this.#lose(`failed: ${error?.message ?? 'no reason given'}`);

  readonly #onClose = (error?: Error | null): void =>
    this.#lose(`was closed: ${error?.message ?? 'no reason given'}`);

  #lose(reason: string): void {
    if (this.#state === 'over') return;
    const wasOpen = this.#state === 'open';
    void this.close();
    this.#listener.onLost(reason, wasOpen);
  }
}
