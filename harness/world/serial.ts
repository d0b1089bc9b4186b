import { SerialPortMock } from 'serialport';
import { asOwner, currentOwner, type Owner } from '../clock/owner.ts';

/** The real serialport stream over the mock binding, and the receiver's end of its cable. */
export class VirtualSerial {
  readonly #path: string;
  #port: SerialPortMock | undefined;
  #owner: Owner | undefined;

  constructor(path: string) {
    this.#path = path;
    this.plug();
  }

  /** What the client opens instead of a device file. */
  readonly open = (path: string, baudRate: number): SerialPortMock => {
    this.#owner = currentOwner();
    this.#port = new SerialPortMock({ path, baudRate, autoOpen: false });
    return this.#port;
  };

  /** What the receiver sends; lost, and false, where nobody has the port open. */
  send(bytes: Buffer): boolean {
    const binding = this.#port?.port;
    if (!binding?.isOpen) return false;
    asOwner(this.#owner, () => binding.emitData(bytes));
    return true;
  }

  /** Whether a process has it open. */
  get isOpen(): boolean {
    return this.#port?.isOpen === true;
  }

  /** The port is there. */
  plug(): void {
    SerialPortMock.binding.createPort(this.#path);
  }

  /** The port is gone from the system; an open one breaks off. */
  unplug(): void {
    const port = this.#port;
    this.#port = undefined;
    SerialPortMock.binding.reset();
    asOwner(this.#owner, () => port?.isOpen && port.close(undefined, disconnected()));
  }

  /** The process that has it open is gone: the next one may open it. */
  release(): void {
    this.#port = undefined;
    this.unplug();
    this.plug();
  }
}

/** As serialport says it of a device that is gone. */
function disconnected(): Error {
  return Object.assign(new Error('Reading from the port failed: no such device'), { disconnected: true });
}
