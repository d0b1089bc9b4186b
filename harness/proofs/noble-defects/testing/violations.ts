import {
  parseCommandStatus,
  COMMAND,
  parseCommand,
  parseConnectionEvent,
  handleOf,
  type HostCommand,
} from './packets.ts';
import type { TappedPacket } from './hci-tap.ts';

/**
 * Finds what a host must not do on one socket although noble permits it, because adapters fail on it: two connection
 * attempts at once, an attempt during a link or a scan, a cancel without an attempt, and a packet for an ended connection.
 */
export function findViolations(passed: readonly TappedPacket[]): string[] {
  const host = new HostModel();
  return passed.flatMap(({ atMs, to, bytes }) => {
    if (to === 'host') host.onReceived(bytes);
    const violation = to === 'controller' ? host.onSent(bytes) : undefined;
    return violation === undefined ? [] : [`${violation} at ${atMs} ms`];
  });
}

/** The state of a host, as far as it follows from its packets. */
class HostModel {
  #isConnecting = false;
  #isScanning = false;
  /** LE Set Scan Enable commands without an answer: whether they enable scanning. */
  readonly #scanChanges: boolean[] = [];
  readonly #handles = new Set<number>();

  onSent(packet: Buffer): string | undefined {
    const handle = handleOf(packet);
    if (handle !== undefined)
      return this.#handles.has(handle) ? undefined : `data for the ended connection ${handle}`;
    const command = parseCommand(packet);
    return command && this.#onCommand(command);
  }

  onReceived(packet: Buffer): void {
    const connection = parseConnectionEvent(packet);
    if (connection?.what === 'complete') this.#isConnecting = false;
    if (connection?.what === 'complete' && connection.status === 0) this.#handles.add(connection.handle);
    if (connection?.what === 'ended' && connection.status === 0) this.#handles.delete(connection.handle);
    const answer = parseCommandStatus(packet);
    if (answer?.opcode === COMMAND.createConnection && answer.status !== 0) this.#isConnecting = false;
    if (answer?.opcode === COMMAND.setScanEnable) this.#onScanChange(answer.status === 0);
  }

  #onCommand({ opcode, parameters }: HostCommand): string | undefined {
    switch (opcode) {
      case COMMAND.setScanEnable:
        this.#scanChanges.push(parameters[0] === 1);
        this.#isScanning ||= parameters[0] === 1;
        return undefined;
      case COMMAND.createConnection:
        return this.#onCreateConnection();
      case COMMAND.cancelConnection:
        return this.#isConnecting ? undefined : 'a cancel without a connection attempt';
      case COMMAND.disconnect:
        return this.#onDisconnect(parameters.readUInt16LE(0));
      default:
        return undefined;
    }
  }

  #onScanChange(isDone: boolean): void {
    const isOn = this.#scanChanges.shift();
    if (isOn === false && isDone) this.#isScanning = this.#scanChanges.includes(true);
  }

  #onCreateConnection(): string | undefined {
    const [wasConnecting, isLinked] = [this.#isConnecting, this.#handles.size > 0];
    this.#isConnecting = true;
    if (wasConnecting) return 'a second connection attempt';
    if (isLinked) return 'a connection attempt during a link';
    return this.#isScanning ? 'a connection attempt during a scan' : undefined;
  }

  #onDisconnect(handle: number): string | undefined {
    return this.#handles.has(handle) ? undefined : `a disconnect of the ended connection ${handle}`;
  }
}
