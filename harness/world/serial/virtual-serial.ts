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
  /** Faults that make close calls hang, and these calls. */
  readonly #closeHangs = new Set<object>();
  #hangingCloses: (() => void)[] = [];
  /** Number of faults that take away the permission to open the port. */
  #denyCount = 0;

  constructor(path: string, listener: SerialListener) {
    this.#path = path;
    this.#listener = listener;
    this.#create();
  }

  /** Opens the port, in place of a device file. */
  readonly open = (path: string, baudRate: number): SerialPortMock => {
    this.#owner = currentOwner();
    const port = new ObservedPort(
      { path, baudRate, autoOpen: false },
      this.#listener,
      this.#onOpen,
      this.#onClose,
    );
    runAsWorld(() => {
      port.on('open', () => this.#opened(port)).on('close', () => this.#open.delete(port));
    });
    this.#port = port;
    return port;
  };

  /** Sends bytes of the receiver; they are lost, and the result is false, if the port is not open. */
  send(bytes: Buffer): boolean {
    const port = this.#port;
    if (!port?.isOpen) return false;
    scheduleFor(this.#owner, () => port.isOpen && port.port?.emitData(bytes));
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

  /** Makes the port disappear for a moment, and open calls fail. @returns ends that, unless another fault does not */
  deny(): () => void {
    this.#denyCount += 1;
    this.unplug();
    this.plug();
    return () => (this.#denyCount -= 1);
  }

  /** Makes close calls hang: the port stays open and locked. @returns completes them, unless another fault does not */
  hangClosing(): () => void {
    const fault = {};
    this.#closeHangs.add(fault);
    return () => {
      this.#closeHangs.delete(fault);
      if (this.#closeHangs.size > 0) return;
      for (const complete of this.#hangingCloses.splice(0)) scheduleFor(this.#owner, complete);
    };
  }

  /** Makes the open port fail, or close by itself: nothing more is received from it. */
  fail(how: PortFailure): void {
    const port = this.#port;
    this.#port = undefined;
    scheduleFor(this.#owner, () => {
      if (!port?.isOpen) return;
      if (how === 'close') port.close();
      else if (how === 'end') port.emit('end');
      else port.emit('error', new Error('Error: Input/output error, cannot write'));
    });
  }

  /** Releases the port after the end of the process that had it open. */
  release(): void {
    this.#port = undefined;
    this.#open.clear();
    this.#hanging = [];
    this.#hangingCloses = [];
    SerialPortMock.binding.reset();
    this.#create();
  }

  /** Performs an open call, now or when it no longer hangs, or refuses it. */
  readonly #onOpen = (perform: () => void, refuse: (error: Error) => void): void => {
    const owner = currentOwner();
    if (this.#denyCount > 0) {
      setImmediate(() => refuse(new Error(`Error: Permission denied, cannot open ${this.#path}`)));
    } else if (this.#hangs.size === 0) perform();
    else this.#hanging.push(() => scheduleFor(owner, perform));
  };

  /** Performs a close call, now or when it no longer hangs. */
  readonly #onClose = (perform: () => Promise<void>): Promise<void> => {
    if (this.#closeHangs.size === 0) return perform();
    return new Promise((resolve, reject) => {
      this.#hangingCloses.push(() => void perform().then(resolve, reject));
    });
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

/** How a port fails by itself: an error of a write, a close, or the end of a connection to gpsd. */
export const PORT_FAILURES = ['error', 'close', 'end'] as const;
export type PortFailure = (typeof PORT_FAILURES)[number];

type OnOpen = (perform: () => void, refuse: (error: Error) => void) => void;
type OnClose = (perform: () => Promise<void>) => Promise<void>;
type Options = ConstructorParameters<typeof SerialPortMock>[0];

/** The mock stream with callbacks for calls of open and close, and written bytes. */
class ObservedPort extends SerialPortMock {
  readonly #listener: SerialListener;
  readonly #onOpen: OnOpen;

  constructor(options: Options, listener: SerialListener, onOpen: OnOpen, onClose: OnClose) {
    super(options);
    this.#listener = listener;
    this.#onOpen = onOpen;
    this.once('open', () => {
      const { port } = this;
      const close = port?.close.bind(port);
      if (port && close) port.close = () => onClose(close);
    });
  }

  override open(done: (error: Error | null) => void = () => undefined): void {
    this.#onOpen(
      () => super.open((error) => done(error && new Error(openError(error.message, this.path)))),
      done,
    );
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: (error: Error | null) => void): void {
    super._write(bytes, encoding, (error) => {
      done(error);
      if (!error) runAsWorld(() => this.#listener.onWritten(bytes));
    });
  }
}

/** What serialport reports of an open call that fails, by the message of its mock. */
function openError(message: string, path: string): string {
  if (message.includes('locked')) return 'Error Resource temporarily unavailable Cannot lock port';
  return message.includes('does not exist')
    ? `Error: No such file or directory, cannot open ${path}`
    : message;
}

/** The error that serialport reports for a device that was unplugged. */
function disconnected(): Error {
  return Object.assign(new Error('Reading from the port failed: no such device'), { disconnected: true });
}
