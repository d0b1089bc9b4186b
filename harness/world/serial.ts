import { SerialPortMock } from 'serialport';

/** The real serialport stream over the mock binding, and the receiver's end of its cable. */
export class VirtualSerial {
  #port: SerialPortMock | undefined;

  constructor(path: string) {
    SerialPortMock.binding.createPort(path);
  }

  /** What the client opens instead of a device file. */
  readonly open = (path: string, baudRate: number): SerialPortMock => {
    this.#port = new SerialPortMock({ path, baudRate, autoOpen: false });
    return this.#port;
  };

  /** What the receiver sends; lost where nobody has the port open. */
  send(bytes: Buffer): void {
    const binding = this.#port?.port;
    if (binding?.isOpen) binding.emitData(bytes);
  }

  close(): void {
    SerialPortMock.binding.reset();
  }
}
