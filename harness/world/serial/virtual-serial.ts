import { SerialPortMock } from 'serialport';
import { runAsWorld, currentOwner, scheduleFor, type Owner } from '../clock/timer-owner.ts';

/** Gets what a process does with the port. */
export interface SerialListener {
  onOpened(): void;
  onWritten(bytes: Buffer): void;
}

/** A serial port with the real serialport stream over its mock binding; the GPS receiver is at the other end. */
export class VirtualSerial {
  readonly #path: string;
  readonly #listener: SerialListener;
  readonly #onceOpened = new Set<() => void>();
  #port: SerialPortMock | undefined;
  /** Open ports of the process, also those that it no longer uses. */
  readonly #open = new Set<SerialPortMock>();
  #owner: Owner | undefined;
  /** Number of faults that keep the port unplugged. */
  #unplugCount = 0;
  /** Faults that make open calls hang. */
  readonly #hangs = new Set<object>();
  /** Open calls that hang. */
  #hanging: (() => void)[] = [];

  constructor(path: string, listener: SerialListener) {
    this.#path = path;
    this.#listener = listener;
    this.#create();
  }

  /** Opens the port, in place of a device file. */
  readonly open = (path: string, baudRate: number): SerialPortMock => {
    this.#owner = currentOwner();
    const port = new ObservedPort({ path, baudRate, autoOpen: false }, this.#listener, this.#onOpen);
    runAsWorld(() => {
      port.on('open', () => this.#opened(port)).on('close', () => this.#open.delete(port));
    });
    this.#port = port;
    return port;
  };

  /** Sends bytes of the receiver; they are lost, and the result is false, if the port is not open. */
  send(bytes: Buffer): boolean {
    const binding = this.#port?.port;
    if (!binding?.isOpen) return false;
    scheduleFor(this.#owner, () => binding.isOpen && binding.emitData(bytes));
    return true;
  }

  get isPlugged(): boolean {
    return this.#unplugCount === 0;
  }

  /** Number of open ports. */
  get openPorts(): number {
    return this.#open.size;
  }

  /** Ends one unplugging; the port is back once all have ended. */
  plug(): void {
    this.#unplugCount -= 1;
    this.#create();
  }

  /** Removes the port from the system, and closes it with an error if it is open. */
  unplug(): void {
    const port = this.#port;
    this.#port = undefined;
    this.#unplugCount += 1;
    SerialPortMock.binding.reset();
    scheduleFor(this.#owner, () => port?.isOpen && port.close(undefined, disconnected()));
  }

  /** Calls `act` when the port is opened the next time. @returns cancels that */
  whenOpened(act: () => void): () => void {
    this.#onceOpened.add(act);
    return () => this.#onceOpened.delete(act);
  }

  /** Makes the port disappear for a moment, and open calls hang. @returns completes them, unless another fault does not */
  hang(): () => void {
    const fault = {};
    this.#hangs.add(fault);
    this.unplug();
    this.plug();
    return () => {
      this.#hangs.delete(fault);
      if (this.#hangs.size > 0) return;
      for (const complete of this.#hanging.splice(0)) complete();
    };
  }

  /** Releases the port after the end of the process that had it open. */
  release(): void {
    this.#port = undefined;
    this.#open.clear();
    this.#hanging = [];
    SerialPortMock.binding.reset();
    this.#create();
  }

  /** Performs an open call, now or when it no longer hangs. */
  readonly #onOpen = (perform: () => void): void => {
    const owner = currentOwner();
    if (this.#hangs.size === 0) perform();
    else this.#hanging.push(() => scheduleFor(owner, perform));
  };

  #opened(port: SerialPortMock): void {
    this.#open.add(port);
    runAsWorld(() => {
      for (const act of this.#onceOpened) act();
      this.#onceOpened.clear();
      this.#listener.onOpened();
    });
  }

  #create(): void {
    if (this.isPlugged) SerialPortMock.binding.createPort(this.#path);
  }
}

type Options = ConstructorParameters<typeof SerialPortMock>[0];

/** The mock stream with callbacks for open calls and written bytes. */
class ObservedPort extends SerialPortMock {
  readonly #listener: SerialListener;
  readonly #onOpen: (perform: () => void) => void;

  constructor(options: Options, listener: SerialListener, onOpen: (perform: () => void) => void) {
    super(options);
    this.#listener = listener;
    this.#onOpen = onOpen;
  }

  override open(done?: (error: Error | null) => void): void {
    this.#onOpen(() => super.open(done));
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: (error: Error | null) => void): void {
    super._write(bytes, encoding, (error) => {
      done(error);
      if (!error) runAsWorld(() => this.#listener.onWritten(bytes));
    });
  }
}

/** The error that serialport reports for a device that was unplugged. */
function disconnected(): Error {
  return Object.assign(new Error('Reading from the port failed: no such device'), { disconnected: true });
}
