import { SerialPortMock } from 'serialport';
import { runAsWorld, currentOwner, scheduleFor, type Owner } from '../clock/owner.ts';

/** The real serialport stream over the mock binding, and the receiver's end of its cable. */
export class VirtualSerial {
  readonly #path: string;
  readonly #onWritten: (bytes: Buffer) => void;
  #port: SerialPortMock | undefined;
  #owner: Owner | undefined;
  /** How often it was pulled and not put back. */
  #unplugCount = 0;

  /** @param onWritten takes what a process writes to the port, once the binding has it. */
  constructor(path: string, onWritten: (bytes: Buffer) => void) {
    this.#path = path;
    this.#onWritten = onWritten;
    this.#create();
  }

  /** What the client opens instead of a device file. */
  readonly open = (path: string, baudRate: number): SerialPortMock => {
    this.#owner = currentOwner();
    this.#port = new ObservedPort({ path, baudRate, autoOpen: false }, this.#onWritten);
    return this.#port;
  };

  /** What the receiver sends; lost, and false, where nobody has the port open. */
  send(bytes: Buffer): boolean {
    const binding = this.#port?.port;
    if (!binding?.isOpen) return false;
    scheduleFor(this.#owner, () => binding.isOpen && binding.emitData(bytes));
    return true;
  }

  /** Whether a process has it open. */
  get isOpen(): boolean {
    return this.#port?.isOpen === true;
  }

  /** The port is there again, once it was put back as often as it was pulled. */
  plug(): void {
    this.#unplugCount -= 1;
    this.#create();
  }

  /** The port is gone from the system; an open one breaks off. */
  unplug(): void {
    const port = this.#port;
    this.#port = undefined;
    this.#unplugCount += 1;
    SerialPortMock.binding.reset();
    scheduleFor(this.#owner, () => port?.isOpen && port.close(undefined, disconnected()));
  }

  /** The process that has it open is gone: the next one may open it. */
  release(): void {
    this.#port = undefined;
    SerialPortMock.binding.reset();
    this.#create();
  }

  #create(): void {
    if (this.#unplugCount === 0) SerialPortMock.binding.createPort(this.#path);
  }
}

/** The mock's stream, heard at its other end. */
class ObservedPort extends SerialPortMock {
  readonly #onWritten: (bytes: Buffer) => void;

  constructor(options: ConstructorParameters<typeof SerialPortMock>[0], onWritten: (bytes: Buffer) => void) {
    super(options);
    this.#onWritten = onWritten;
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, done: (error: Error | null) => void): void {
    super._write(bytes, encoding, (error) => {
      done(error);
      if (!error) runAsWorld(() => this.#onWritten(bytes));
    });
  }
}

/** As serialport says it of a device that is gone. */
function disconnected(): Error {
  return Object.assign(new Error('Reading from the port failed: no such device'), { disconnected: true });
}
